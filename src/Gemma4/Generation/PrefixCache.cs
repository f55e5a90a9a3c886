using System.Globalization;

namespace Gemma4.Generation;

/// <summary>
/// Sessions kept between requests, found by the longest prefix of tokens that they share with a prompt. Not safe for
/// concurrent use, but for <see cref="Statistics"/>.
/// </summary>
internal sealed class PrefixCache(IGenerationEngine engine, PrefixCacheOptions options, EngineMetrics metrics) : IDisposable
{
    // Reading fewer tokens again is cheaper than a copy of what comes before them.
    public const int WorthForking = 32;

    private readonly LinkedList<CachedSession> _idle = new(); // the latest first
    private long _hits;
    private long _misses;
    private long _reusedTokens;
    private long _forks;
    private long _evictions;
    private int _kept;
    private long _keptBytes;

    public PrefixCacheStatistics Statistics => new()
    {
        Hits = _hits,
        Misses = _misses,
        ReusedTokens = _reusedTokens,
        Forks = _forks,
        Evictions = _evictions,
        Sessions = _kept,
        Bytes = _keptBytes,
    };

    /// <summary>Whether a prompt can go on from a copy of another's session.</summary>
    public bool CanFork { get; private set; }

    /// <summary>A session that holds a beginning of the prompt, as long as there is one, and nothing else.</summary>
    /// <param name="prompt">The prompt.</param>
    /// <param name="adapterFile">The adapter it runs with, or null.</param>
    /// <param name="running">Sessions at work, which can be copied from.</param>
    public CachedSession Rent(ReadOnlySpan<int> prompt, string? adapterFile, IEnumerable<CachedSession> running)
    {
        CachedSession? best = options.Enabled ? Longest(prompt, adapterFile, _idle) : null;
        CachedSession? busy = options.Enabled ? Longest(prompt, adapterFile, running.Where(session => session.Session is IForkableSession)) : null;
        int shared = best?.SharedWith(prompt) ?? 0;
        int sharedWithBusy = busy?.SharedWith(prompt) ?? 0;
        CachedSession? rented = null;
        if (sharedWithBusy >= shared + WorthForking)
        {
            // A copy that does not fit after all has cost every idle session, the best among them.
            (rented, best) = (TryFork(busy!, sharedWithBusy), null);
        }

        // What lies beyond the shared part may be another conversation, which goes on.
        int lost = best is null ? 0 : best.Tokens.Length - shared;
        if (rented is null && best is not null && lost >= WorthForking && shared >= WorthForking && best.Session is IForkableSession)
        {
            rented = TryFork(best, shared);
        }

        if (rented is null && best is not null && (lost < WorthForking || lost < shared))
        {
            Remove(best);
            best.RewindTo(shared);
            rented = best;
        }

        rented ??= Open(adapterFile);
        shared = rented.Tokens.Length;
        CanFork = options.Enabled && rented.Session is IForkableSession;
        _hits += shared > 0 ? 1 : 0;
        _misses += shared > 0 ? 0 : 1;
        _reusedTokens += shared;
        return rented;
    }

    /// <summary>
    /// How many tokens the prompt shares with sessions that cannot go back so far: a beginning met twice, of which a
    /// copy is worth keeping. 0 where what can be reused is no shorter.
    /// </summary>
    public int WorthKeepingAt(ReadOnlySpan<int> prompt, string? adapterFile, IEnumerable<CachedSession> running, int reused)
    {
        int longest = 0;
        foreach (CachedSession session in options.Enabled ? _idle.Concat(running) : [])
        {
            if (session.Session is IForkableSession { EarliestRewind: > 0 } && session.AdapterFile == adapterFile)
            {
                longest = Math.Max(longest, session.Tokens.CommonPrefixLength(prompt));
            }
        }

        return longest >= reused + WorthForking && longest < prompt.Length ? longest : 0;
    }

    /// <summary>Keeps a copy of what a running session holds, if there is room for it.</summary>
    public void KeepCopy(CachedSession session)
    {
        if (TryFork(session, session.Tokens.Length) is { } copy)
        {
            Return(copy);
        }
    }

    /// <summary>Keeps a session for the next request, as far as there is room.</summary>
    public void Return(CachedSession session)
    {
        if (!options.Enabled || session.Tokens.IsEmpty)
        {
            session.Dispose();
            return;
        }

        DropCoveredBy(session);
        _idle.AddFirst(session);
        Count();
        while (_kept > options.MaxSessions || _keptBytes > options.MemoryBudget)
        {
            FreeOne();
        }
    }

    /// <summary>Keeps a session that was saved earlier, and frees kept sessions for it while the memory does not suffice.</summary>
    /// <param name="restore">Opens the session; called again when there is more room.</param>
    /// <returns>The number of tokens it holds.</returns>
    /// <exception cref="Gemma4CacheFullException">It does not fit.</exception>
    /// <exception cref="InvalidOperationException">It is more than may be kept.</exception>
    public int Adopt(Func<IStorableSession> restore)
    {
        while (true)
        {
            try
            {
                IStorableSession restored = restore();
                CachedSession session = new(restored, adapterFile: null);
                session.Note(restored.Tokens);
                if (session.CacheBytes is var bytes && bytes > options.MemoryBudget)
                {
                    session.Dispose();
                    throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"The saved session takes {bytes} bytes of attention cache, and {options.MemoryBudget} may be kept. Raise Gemma4Options.PrefixCache.MemoryBudget."));
                }

                int length = session.Tokens.Length;
                Return(session);
                return length;
            }
            catch (Gemma4CacheFullException) when (FreeOne())
            {
                // There is more room now.
            }
        }
    }

    /// <summary>Appends, and frees kept sessions for it while the memory does not suffice.</summary>
    public void Append(CachedSession session, ReadOnlySpan<int> tokens, int rows, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                session.Append(tokens, rows, cancellationToken);
                return;
            }
            catch (Gemma4CacheFullException) when (FreeOne())
            {
                // There is more room now.
            }
        }
    }

    private bool FreeOne()
    {
        if (_idle.Last is not { } last)
        {
            return false;
        }

        Remove(last.Value);
        last.Value.Dispose();
        _evictions++;
        return true;
    }

    public void Dispose()
    {
        foreach (CachedSession session in _idle)
        {
            session.Dispose();
        }

        _idle.Clear();
        Count();
    }

    private static CachedSession? Longest(ReadOnlySpan<int> prompt, string? adapterFile, IEnumerable<CachedSession> sessions)
    {
        CachedSession? best = null;
        int longest = 0;
        foreach (CachedSession session in sessions)
        {
            int shared = session.AdapterFile == adapterFile ? session.SharedWith(prompt) : 0;
            if (shared > longest)
            {
                (best, longest) = (session, shared);
            }
        }

        return best;
    }

    private CachedSession? TryFork(CachedSession source, int length)
    {
        while (true)
        {
            try
            {
                CachedSession fork = source.Fork(length);
                _forks++;
                return fork;
            }
            catch (Gemma4CacheFullException)
            {
                // The source itself is worth more than any other.
                if (_idle.Last is not { } last || ReferenceEquals(last.Value, source))
                {
                    return null;
                }

                FreeOne();
            }
        }
    }

    /// <summary>An empty session.</summary>
    public CachedSession Open(string? adapterFile) => new(
        (engine, adapterFile) switch
        {
            (_, null) => engine.CreateSession(),
            (IAdapterEngine adapting, { } file) => adapting.CreateSession(file),
            _ => throw new NotSupportedException($"ChatOptions.AdditionalProperties[\"adapter\"] is not supported by {engine}: it cannot run adapters. Leave it unset, or take another engine."),
        },
        adapterFile);

    // The same conversation a few turns ago is of no more use, where the session can be copied from that far back.
    private void DropCoveredBy(CachedSession session)
    {
        if (session.Session is not IForkableSession forkable)
        {
            return;
        }

        for (LinkedListNode<CachedSession>? node = _idle.First; node is not null;)
        {
            LinkedListNode<CachedSession>? next = node.Next;
            if (node.Value.AdapterFile == session.AdapterFile
                && node.Value.Tokens.Length > forkable.EarliestRewind
                && session.Tokens.StartsWith(node.Value.Tokens))
            {
                Remove(node.Value);
                node.Value.Dispose();
            }

            node = next;
        }
    }

    private void Remove(CachedSession session)
    {
        _idle.Remove(session);
        Count();
    }

    private void Count()
    {
        long bytes = _idle.Sum(session => session.CacheBytes);
        metrics.Kept(bytes - _keptBytes);
        _keptBytes = bytes;
        _kept = _idle.Count;
    }
}
