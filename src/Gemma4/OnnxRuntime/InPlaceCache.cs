using Microsoft.ML.OnnxRuntime;

namespace Gemma4.OnnxRuntime;

/// <summary>
/// Buffers bound as past and as present at once: a run writes its rows behind those it reads. Rows past the length are
/// never read, so a rewind moves nothing. The rows lie in buffers of the session's own or, while the session is stepped
/// together with others, in a slot of an arena.
/// </summary>
internal sealed class InPlaceCache : SessionCache
{
    private readonly CacheBuffer?[] _own;
    private readonly OrtValue?[] _values;
    private CacheArena? _arena;
    private int _version; // of the arena, when the values were made
    private int _start;   // position of the first row of windowed caches

    internal InPlaceCache(DecoderGraph graph, CacheBudget budget, int initialCapacity, int maxTokens)
        : base(graph, budget, initialCapacity, maxTokens)
    {
        _own = new CacheBuffer?[graph.Caches.Count];
        _values = new OrtValue?[graph.Caches.Count];
    }

    /// <summary>Whose rows these are; set by the session when it is made.</summary>
    internal OnnxGenerationSession Session { get; set; } = null!;

    /// <summary>The arena that holds the rows; null while they are the session's own.</summary>
    internal CacheArena? Arena => _arena;

    /// <summary>The slot in <see cref="Arena"/>.</summary>
    internal int Slot { get; private set; }

    internal override int Capacity => _arena?.Capacity ?? base.Capacity;

    internal override long Bytes => _arena?.BytesPerSlot ?? base.Bytes;

    internal override void Bind(int held, int added, OrtIoBinding binding)
    {
        if (_arena is { } arena && _version != arena.Version)
        {
            DropValues();
            _version = arena.Version;
        }

        for (int index = 0; index < _values.Length; index++)
        {
            if (_values[index] is null)
            {
                OrtValue value = Buffer(index).CreateValue(Slot, 1);
                _values[index] = value;
                Graph.Caches[index].Bind(binding, value);
            }
        }
    }

    internal override void BindUnchanged(bool isScored, OrtIoBinding binding)
    {
        for (int index = 0; index < _values.Length; index++)
        {
            Graph.Caches[index].BindUnchanged(binding, isScored ? _values[index] : null);
        }
    }

    internal override void Accept(int total)
    {
        // The rows are where the next step looks for them.
    }

    internal override int WindowRows(int held) => held - _start;

    internal override int EarliestLength => Graph.Window?.EarliestLength(_start) ?? 0;

    internal override void Slide(int held)
    {
        int start = Graph.Window?.StartFor(held) ?? 0;
        if (start <= _start)
        {
            return;
        }

        for (int index = 0; index < _own.Length; index++)
        {
            if (Graph.Caches[index].Window is not null)
            {
                Buffer(index).MoveToFront(Slot, start - _start, held - start);
            }
        }

        _start = start;
    }

    internal override void Restart() => _start = 0;

    internal override int Start => _start;

    internal override Span<byte> HeldRows(int index, int head, int held)
    {
        CacheBuffer buffer = Buffer(index);
        return buffer.Rows(Slot, head, buffer.Capacity, Rows(index, held));
    }

    /// <summary>Moves the first <paramref name="held"/> rows from where they are into a free slot.</summary>
    internal void Enter(CacheArena arena, int slot, int held)
    {
        for (int index = 0; index < _own.Length; index++)
        {
            // A session without tokens has no buffers yet.
            if (held > 0)
            {
                arena.Buffer(index).CopySlot(Buffer(index), Slot, slot, Rows(index, held));
            }
        }

        CacheArena? left = _arena;
        int leftSlot = Slot;
        arena.Occupy(slot, this);
        DropValues();
        (_arena, Slot, _version) = (arena, slot, arena.Version);
        if (left is not null)
        {
            left.Vacate(leftSlot);
            return;
        }

        FreeOwn();
        ReleaseReservation();
        base.Capacity = 0;
    }

    /// <summary>Moves the first <paramref name="held"/> rows from the arena into buffers of the session's own, no larger than they need.</summary>
    /// <exception cref="Gemma4CacheFullException">There is no room for them; nothing has changed.</exception>
    internal void Leave(int held)
    {
        if (!TryReserve(held))
        {
            throw Full(held);
        }

        Resize(held, held);
        base.Capacity = held;
    }

    protected override void Resize(int capacity, int held)
    {
        if (_arena is { } arena)
        {
            MoveOut(arena, capacity, held);
            return;
        }

        for (int index = 0; index < _own.Length; index++)
        {
            CacheBuffer? old = _own[index];
            int rows = Graph.Caches[index].RowsFor(capacity);
            if (rows == 0 || (old is not null && old.Capacity >= rows))
            {
                continue;
            }

            var grown = new CacheBuffer(Graph.Caches[index], rows);
            if (old is not null)
            {
                grown.CopySlot(old, 0, 0, Rows(index, held));
            }

            Drop(index);
            _own[index] = grown;
            old?.Dispose();
        }
    }

    protected override void CopyFrom(SessionCache source, int tokens)
    {
        var other = (InPlaceCache)source;
        for (int index = 0; tokens > 0 && index < _own.Length; index++)
        {
            _own[index]!.CopySlot(other.Buffer(index), other.Slot, 0, other.Rows(index, tokens));
        }

        _start = tokens == 0 ? 0 : other._start;
    }

    protected override void BeginAt(int held, int start) => _start = start;

    protected override void FreeBuffers()
    {
        DropValues();
        FreeOwn();
        _arena?.Vacate(Slot);
        _arena = null;
    }

    private CacheBuffer Buffer(int index) => _arena?.Buffer(index) ?? _own[index]!;

    /// <summary>Rows that the first <paramref name="held"/> tokens have in a buffer.</summary>
    private int Rows(int index, int held) =>
        Graph.Caches[index].Window is { } window ? Math.Clamp(held - _start, 0, window.Capacity) : held;

    /// <summary>All or nothing: rows in two places could not be bound together.</summary>
    private void MoveOut(CacheArena arena, int capacity, int held)
    {
        try
        {
            for (int index = 0; capacity > 0 && index < _own.Length; index++)
            {
                _own[index] = new CacheBuffer(Graph.Caches[index], Graph.Caches[index].RowsFor(capacity));
                _own[index]!.CopySlot(arena.Buffer(index), Slot, 0, Rows(index, held));
            }
        }
        catch
        {
            FreeOwn();
            ReleaseReservation();
            throw;
        }

        DropValues();
        int slot = Slot;
        (_arena, Slot) = (null, 0);
        arena.Vacate(slot);
    }

    private void FreeOwn()
    {
        for (int index = 0; index < _own.Length; index++)
        {
            _own[index]?.Dispose();
            _own[index] = null;
        }
    }

    private void DropValues()
    {
        for (int index = 0; index < _values.Length; index++)
        {
            Drop(index);
        }
    }

    private void Drop(int index)
    {
        _values[index]?.Dispose();
        _values[index] = null;
    }
}
