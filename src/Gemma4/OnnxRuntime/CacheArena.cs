using System.Globalization;

namespace Gemma4.OnnxRuntime;

/// <summary>
/// Cache rows of several sessions side by side, so that one run can step them all: each cache tensor is one buffer
/// [slot, head, capacity, head size]. The memory is taken when the first session enters and given back when the last one
/// leaves.
/// </summary>
/// <remarks>
/// Sessions enter, and buffers are made anew, only by the thread that holds the gates of all sessions inside. A session
/// leaves by itself, under its own gate alone, so the table of slots has a lock of its own; nothing is awaited inside it.
/// </remarks>
internal sealed class CacheArena(DecoderGraph graph, CacheBudget budget, int initialCapacity, int maxTokens)
{
    private readonly Lock _tableLock = new();
    private readonly CacheBuffer?[] _buffers = new CacheBuffer?[graph.Caches.Count];
    private InPlaceCache?[] _occupants = [];
    private bool _inUse;
    private long _reserved;

    /// <summary>Tokens that every slot has room for.</summary>
    internal int Capacity { get; private set; }

    /// <summary>Changes whenever the buffers do, so that what is bound over them must be bound again.</summary>
    internal int Version { get; private set; }

    internal long BytesPerSlot => graph.CacheBytes(Capacity);

    internal int Slots
    {
        get
        {
            lock (_tableLock)
            {
                return _occupants.Length;
            }
        }
    }

    /// <summary>Number of sessions inside.</summary>
    internal int Count
    {
        get
        {
            lock (_tableLock)
            {
                int count = 0;
                foreach (InPlaceCache? occupant in _occupants)
                {
                    count += occupant is null ? 0 : 1;
                }

                return count;
            }
        }
    }

    internal CacheBuffer Buffer(int index) => _buffers[index]!;

    /// <summary>The sessions inside; it can only get fewer while the caller holds the lock of all batches.</summary>
    internal InPlaceCache[] Occupants()
    {
        lock (_tableLock)
        {
            return [.. _occupants.OfType<InPlaceCache>()];
        }
    }

    internal int FreeSlot()
    {
        lock (_tableLock)
        {
            return Array.IndexOf(_occupants, null);
        }
    }

    /// <summary>Keeps the buffers until <see cref="EndUse"/>, even while no session is inside.</summary>
    internal void BeginUse()
    {
        lock (_tableLock)
        {
            _inUse = true;
        }
    }

    internal void EndUse()
    {
        lock (_tableLock)
        {
            _inUse = false;
            FreeWhenEmpty();
        }
    }

    internal void Occupy(int slot, InPlaceCache cache)
    {
        lock (_tableLock)
        {
            _occupants[slot] = cache;
        }
    }

    internal void Vacate(int slot)
    {
        lock (_tableLock)
        {
            _occupants[slot] = null;
            FreeWhenEmpty();
        }
    }

    /// <summary>Makes room for <paramref name="slots"/> sessions of <paramref name="tokens"/> tokens; the rows inside stay where they are.</summary>
    /// <exception cref="Gemma4CacheFullException">The budget does not allow it; nothing has changed.</exception>
    internal void EnsureRoom(int slots, int tokens)
    {
        int present = Slots;
        if (slots <= present && tokens <= Capacity)
        {
            return;
        }

        int room = Math.Max(slots, present);
        int doubled = (int)Math.Min(Math.Max(Math.Max(initialCapacity, tokens), tokens > Capacity ? Capacity * 2L : Capacity), maxTokens);
        int capacity = doubled;

        // Where doubling is too much, what is needed now may still fit.
        if (!TryReserve(room, capacity))
        {
            (room, capacity) = (slots, Math.Max(tokens, Capacity));
            if (!TryReserve(room, capacity))
            {
                throw new Gemma4CacheFullException(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{slots} sessions of up to {tokens} tokens side by side need {slots * graph.CacheBytes(tokens)} bytes of attention cache, but all sessions together hold {budget.Taken} of the {budget.Limit} bytes allowed. Step fewer sessions at once, dispose sessions that are done, or raise OnnxRuntimeOptions.KvCacheMemoryBudget."));
            }
        }

        Rebuild(room, capacity);
    }

    /// <summary>Moves the sessions inside together and gives the memory of the other slots back.</summary>
    /// <returns>Whether anything was given back.</returns>
    internal bool Shrink(Func<InPlaceCache, int> lengthOf)
    {
        InPlaceCache[] inside = Occupants();
        if (inside.Length == Slots)
        {
            return false;
        }

        Pack(inside, inside.Length, lengthOf);
        foreach (CacheBuffer? buffer in _buffers)
        {
            buffer!.Shrink(inside.Length);
        }

        lock (_tableLock)
        {
            Array.Resize(ref _occupants, inside.Length);
        }

        Version++;
        long kept = inside.Length * BytesPerSlot;
        budget.Return(_reserved - kept);
        _reserved = kept;
        return true;
    }

    /// <summary>Moves sessions in slots from <paramref name="slots"/> on into free ones before it.</summary>
    internal void Pack(InPlaceCache[] inside, int slots, Func<InPlaceCache, int> lengthOf)
    {
        foreach (InPlaceCache cache in inside)
        {
            if (cache.Slot >= slots)
            {
                cache.Enter(this, FreeSlot(), lengthOf(cache));
            }
        }
    }

    private bool TryReserve(int slots, int capacity)
    {
        long bytes = slots * graph.CacheBytes(capacity);
        if (bytes > _reserved && !budget.TryTake(bytes - _reserved))
        {
            return false;
        }

        // A refusal of memory further on leaves the larger number, which the next call counts in.
        _reserved = Math.Max(_reserved, bytes);
        return true;
    }

    private void Rebuild(int slots, int capacity)
    {
        InPlaceCache?[] table;
        lock (_tableLock)
        {
            table = _occupants;
        }

        var grown = new CacheBuffer?[_buffers.Length];
        try
        {
            for (int index = 0; index < grown.Length; index++)
            {
                grown[index] = new CacheBuffer(graph.Caches[index], graph.Caches[index].RowsFor(capacity), slots);
                for (int slot = 0; slot < table.Length; slot++)
                {
                    if (table[slot] is not null)
                    {
                        // Rows past a session's length mean nothing and cost no more than asking for the length.
                        grown[index]!.CopySlot(_buffers[index]!, slot, slot, _buffers[index]!.Capacity);
                    }
                }
            }
        }
        catch
        {
            Array.ForEach(grown, buffer => buffer?.Dispose());
            throw;
        }

        for (int index = 0; index < grown.Length; index++)
        {
            _buffers[index]?.Dispose();
            _buffers[index] = grown[index];
        }

        lock (_tableLock)
        {
            Array.Resize(ref _occupants, slots);
        }

        Capacity = capacity;
        Version++;
    }

    private void FreeWhenEmpty()
    {
        if (_inUse || Array.Exists(_occupants, occupant => occupant is not null))
        {
            return;
        }

        for (int index = 0; index < _buffers.Length; index++)
        {
            _buffers[index]?.Dispose();
            _buffers[index] = null;
        }

        _occupants = [];
        Capacity = 0;
        Version++;
        budget.Return(_reserved);
        _reserved = 0;
    }
}
