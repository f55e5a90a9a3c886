using System.Globalization;
using Microsoft.ML.OnnxRuntime;

namespace Gemma4.OnnxRuntime;

/// <summary>The attention cache of one session: grows by doubling, within the engine's budget.</summary>
internal sealed class SessionCache(DecoderGraph graph, CacheBudget budget, int initialCapacity, int maxTokens) : IDisposable
{
    private readonly CacheBuffer?[] _buffers = new CacheBuffer?[graph.Caches.Count];
    private long _reservedTokens;

    /// <summary>Tokens that every buffer has room for.</summary>
    internal int Capacity { get; private set; }

    /// <summary>
    /// Makes room for <paramref name="needed"/> tokens and keeps the first <paramref name="held"/>. A failure in between
    /// leaves some buffers larger than others, which a run does not mind and the next call makes good.
    /// </summary>
    internal void EnsureCapacity(int needed, int held, OrtIoBinding binding)
    {
        if (needed <= Capacity)
        {
            return;
        }

        int target = Reserve(needed);
        for (int index = 0; index < _buffers.Length; index++)
        {
            CacheBuffer? old = _buffers[index];
            if (old is not null && old.Capacity >= target)
            {
                continue;
            }

            CacheTensor tensor = graph.Caches[index];
            var grown = new CacheBuffer(tensor, target);
            try
            {
                if (old is not null)
                {
                    grown.CopyFrom(old, held);
                }

                binding.BindInput(tensor.PastName, grown.Value);
                binding.BindOutput(tensor.PresentName, grown.Value);
            }
            catch
            {
                grown.Dispose();
                throw;
            }

            _buffers[index] = grown;
            old?.Dispose();
        }

        Capacity = target;
    }

    public void Dispose()
    {
        foreach (CacheBuffer? buffer in _buffers)
        {
            buffer?.Dispose();
        }

        budget.Return(_reservedTokens * graph.BytesPerToken);
        _reservedTokens = 0;
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

        if (TryReserve(needed))
        {
            return needed;
        }

        throw new InvalidOperationException(string.Create(
            CultureInfo.InvariantCulture,
            $"{needed} tokens need {needed * graph.BytesPerToken} bytes of attention cache, but all sessions together hold {budget.Taken} of the {budget.Limit} bytes allowed. Dispose sessions that are done, or raise OnnxRuntimeOptions.KvCacheMemoryBudget."));
    }

    private bool TryReserve(int tokens)
    {
        if (tokens <= _reservedTokens)
        {
            return true;
        }

        if (!budget.TryTake((tokens - _reservedTokens) * graph.BytesPerToken))
        {
            return false;
        }

        _reservedTokens = tokens;
        return true;
    }
}
