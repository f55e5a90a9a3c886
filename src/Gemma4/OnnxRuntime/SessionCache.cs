using System.Globalization;
using Microsoft.ML.OnnxRuntime;

namespace Gemma4.OnnxRuntime;

/// <summary>The attention cache of one session: grows by doubling, within the engine's budget.</summary>
internal abstract class SessionCache(DecoderGraph graph, CacheBudget budget, int initialCapacity, int maxTokens) : IDisposable
{
    private int _reservedTokens;

    protected DecoderGraph Graph => graph;

    /// <summary>Tokens that every buffer has room for.</summary>
    internal virtual int Capacity { get; private protected set; }

    /// <summary>Bytes that the session has taken of the budget, or that its share of a common buffer takes.</summary>
    internal virtual long Bytes => graph.CacheBytes(_reservedTokens);

    internal static SessionCache Create(DecoderGraph graph, CacheBudget budget, int initialCapacity, int maxTokens) =>
        graph.CachesInPlace
            ? new InPlaceCache(graph, budget, initialCapacity, maxTokens)
            : new GrowingCache(graph, budget, initialCapacity, maxTokens);

    /// <summary>
    /// Makes room for <paramref name="needed"/> tokens and keeps the first <paramref name="held"/>. A failure in between
    /// leaves some buffers larger than others, which a run does not mind and the next call makes good.
    /// </summary>
    internal void EnsureCapacity(int needed, int held)
    {
        if (needed <= Capacity)
        {
            return;
        }

        int target = Reserve(needed);
        Resize(target, held);
        Capacity = target;
    }

    /// <summary>Binds the cache for a step that appends <paramref name="added"/> tokens to the first <paramref name="held"/>.</summary>
    internal abstract void Bind(int held, int added, OrtIoBinding binding);

    /// <summary>Binds what borrowing layers give back for steps that score something, or for ones that do not.</summary>
    internal virtual void BindUnchanged(bool isScored, OrtIoBinding binding)
    {
    }

    /// <summary>Takes over what a finished step has written; <paramref name="total"/> tokens are held now.</summary>
    internal abstract void Accept(int total);

    /// <summary>Rows that windowed caches hold of the first <paramref name="held"/> tokens.</summary>
    internal virtual int WindowRows(int held) => held;

    /// <summary>The shortest sequence that can go on from the rows that are here; anything shorter but 0 lacks some.</summary>
    internal virtual int EarliestLength => 0;

    /// <summary>Gives up rows that the sequence of <paramref name="held"/> tokens has left behind, so that a step has room.</summary>
    internal virtual void Slide(int held)
    {
    }

    /// <summary>Forgets all rows; the sequence begins anew.</summary>
    internal virtual void Restart()
    {
    }

    /// <summary>Copies the first <paramref name="tokens"/> of another session's cache of the same engine into this new one.</summary>
    internal void Fork(SessionCache source, int tokens)
    {
        EnsureCapacity(tokens, held: 0);
        CopyFrom(source, tokens);
    }

    /// <summary>Position of the first row of windowed caches.</summary>
    internal virtual int Start => 0;

    /// <summary>The rows that the first <paramref name="held"/> tokens, at least one, have in one head of a cache.</summary>
    internal abstract Span<byte> HeldRows(int index, int head, int held);

    /// <summary>Makes a new cache take rows of <paramref name="held"/> tokens, which are to be written over <see cref="HeldRows"/>.</summary>
    internal void MakeRoom(int held, int start)
    {
        EnsureCapacity(held, held: 0);
        BeginAt(held, start);
    }

    public void Dispose()
    {
        FreeBuffers();
        ReleaseReservation();
    }

    protected abstract void Resize(int capacity, int held);

    protected abstract void CopyFrom(SessionCache source, int tokens);

    /// <summary>Lays the rows out for <paramref name="held"/> tokens whose windows begin at <paramref name="start"/>.</summary>
    protected abstract void BeginAt(int held, int start);

    protected abstract void FreeBuffers();

    protected void ReleaseReservation()
    {
        budget.Return(graph.CacheBytes(_reservedTokens));
        _reservedTokens = 0;
    }

    protected Gemma4CacheFullException Full(int needed) => new(string.Create(
        CultureInfo.InvariantCulture,
        $"{needed} tokens need {graph.CacheBytes(needed)} bytes of attention cache, but all sessions together hold {budget.Taken} of the {budget.Limit} bytes allowed. Dispose sessions that are done, or raise OnnxRuntimeOptions.KvCacheMemoryBudget."));

    protected bool TryReserve(int tokens)
    {
        if (tokens <= _reservedTokens)
        {
            return true;
        }

        if (!budget.TryTake(graph.CacheBytes(tokens) - graph.CacheBytes(_reservedTokens)))
        {
            return false;
        }

        _reservedTokens = tokens;
        return true;
    }

    private int Reserve(int needed)
    {
        long doubled = Math.Max(Math.Max(initialCapacity, Capacity * 2L), needed);
        int target = (int)Math.Min(doubled, maxTokens);

        // Where doubling is too much, what is needed now may still fit.
        if (TryReserve(target))
        {
            return target;
        }

        return TryReserve(needed) ? needed : throw Full(needed);
    }
}
