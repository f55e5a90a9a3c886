using System.Globalization;

namespace Gemma4.OnnxRuntime;

/// <summary>What other sessions and the engine may do with this one: copy its beginning, and step it together with others.</summary>
internal sealed partial class OnnxGenerationSession
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

    /// <summary>The whole sequence is kept.</summary>
    public int EarliestRewind => 0;

    internal LoadedAdapter? Adapter { get; }

    internal OnnxGenerationEngine Engine => _engine;

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
    internal void AcceptStep(ReadOnlySpan<float> logits, ReadOnlySpan<ushort> halves)
    {
        _logits.Accept(logits, halves);
        Length++;
        _hasLogits = true;
    }

    private OnnxGenerationSession ForkOnce(int length)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (length < 0 || length > Length)
            {
                throw new ArgumentOutOfRangeException(
                    nameof(length), length, string.Create(CultureInfo.InvariantCulture, $"The session holds {Length} tokens; fork at 0 up to {Length}."));
            }

            OnnxGenerationSession copy = _engine.OpenFork(Adapter);
            try
            {
                copy.Take(_cache, length);
                return copy;
            }
            catch
            {
                copy.Dispose();
                throw;
            }
        }
    }

    private void Take(SessionCache source, int length)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            _cache.Fork(source, length);
            Length = length;
        }
    }
}
