using System.Globalization;
using System.Runtime.InteropServices;

namespace Gemma4.OnnxRuntime;

/// <summary>What other sessions and the engine may do with this one: copy its beginning, and step it together with others.</summary>
internal partial class OnnxGenerationSession
{
    public long CacheBytes
    {
        get
        {
            lock (_gate)
            {
                ObjectDisposedException.ThrowIf(_disposed, this);
                return _cache.Bytes;
            }
        }
    }

    public int EarliestRewind
    {
        get
        {
            lock (_gate)
            {
                ObjectDisposedException.ThrowIf(_disposed, this);

                // While tokens wait to be run again, only the whole of them has a meaning.
                return _computed < Length ? Length : _cache.EarliestLength;
            }
        }
    }

    internal LoadedAdapter? Adapter { get; }

    internal OnnxGenerationEngine Engine => _engine;

    /// <summary>Tokens whose rows the cache holds; under the gate.</summary>
    internal int Computed => _computed;

    /// <summary>Held by whoever steps the session or moves its rows.</summary>
    internal Lock Gate => _gate;

    /// <summary>The cache, to be touched under the gate; only graphs that write caches in place have sessions that batch.</summary>
    internal InPlaceCache InPlace => (InPlaceCache)_cache;

    public Generation.IGenerationSession Fork(int length)
    {
        try
        {
            return ForkOnce(length);
        }
        catch (Gemma4CacheFullException)
        {
            if (!_engine.FreeSpareSlots())
            {
                throw;
            }

            return ForkOnce(length);
        }
    }

    /// <summary>Refuses what an append of one token would refuse; under the gate.</summary>
    internal void CheckStep(int token)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        Check([token]);
    }

    /// <summary>Takes over a step that was run for several sessions; under the gate.</summary>
    internal void AcceptStep(int token, ReadOnlySpan<float> logits, ReadOnlySpan<ushort> halves)
    {
        _logits.Accept(logits, halves);
        _tokens.Add(token);
        Length++;
        _computed = Length;
        _hasLogits = true;
    }

    /// <summary>Runs tokens again whose rows are gone because the session went back beyond its windows; under the gate.</summary>
    internal void Replay(CancellationToken cancellationToken)
    {
        _cache.EnsureCapacity(Length, _computed);
        while (_computed < Length)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int count = Math.Min(_longestStep, Length - _computed);
            Step(CollectionsMarshal.AsSpan(_tokens).Slice(_computed, count), _computed, FewestRows, cancellationToken);
            _computed += count;
        }
    }

    private OnnxGenerationSession ForkOnce(int length)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            int earliest = EarliestRewind;
            if (length < 0 || length > Length || (length > 0 && length < earliest))
            {
                throw new ArgumentOutOfRangeException(
                    nameof(length), length, string.Create(CultureInfo.InvariantCulture, $"The session holds {Length} tokens and has the rows to go back to {earliest}; fork at 0 or at {earliest} up to {Length}."));
            }

            OnnxGenerationSession copy = _engine.OpenFork(Adapter);
            try
            {
                copy.Take(this, length);
                return copy;
            }
            catch
            {
                copy.Dispose();
                throw;
            }
        }
    }

    private void Take(OnnxGenerationSession source, int length)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            int computed = Math.Min(length, source._computed);
            _cache.Fork(source._cache, computed);
            _tokens.AddRange(CollectionsMarshal.AsSpan(source._tokens)[..length]);
            (Length, _computed) = (length, computed);
        }
    }
}
