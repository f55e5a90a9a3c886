namespace Gemma4.Tokenization;

/// <summary>Merges one long word in near-linear time: a linked list of symbols and a heap of candidate pairs.</summary>
internal ref struct HeapMerger
{
    private const int Gone = -1;
    private readonly MergeTable _merges;
    private readonly Span<int> _symbols;
    private readonly int[] _previous;
    private readonly int[] _next;
    private readonly int[] _ranks;
    private readonly int[] _merged;
    private ulong[] _heap;
    private int _heapCount;

    public HeapMerger(MergeTable merges, Span<int> symbols)
    {
        _merges = merges;
        _symbols = symbols;
        _previous = new int[symbols.Length];
        _next = new int[symbols.Length];
        _ranks = new int[symbols.Length];
        _merged = new int[symbols.Length];
        _heap = new ulong[symbols.Length + 16];
    }

    public void Run(List<int> destination)
    {
        for (int i = 0; i < _symbols.Length; i++)
        {
            _previous[i] = i - 1;
            _next[i] = i + 1;
        }

        for (int i = 0; i < _symbols.Length; i++)
        {
            Consider(i);
        }

        while (_heapCount > 0)
        {
            ulong top = Pop();
            int at = (int)(uint)top;

            // A position's pair only ever grows, so an equal rank means that it is still the pair that was queued.
            if (_symbols[at] == Gone || _ranks[at] != (int)(top >> 32))
            {
                continue;
            }

            int swallowed = _next[at];
            _symbols[at] = _merged[at];
            _symbols[swallowed] = Gone;
            _next[at] = _next[swallowed];
            if (_next[at] < _symbols.Length)
            {
                _previous[_next[at]] = at;
            }

            Consider(at);
            if (_previous[at] >= 0)
            {
                Consider(_previous[at]);
            }
        }

        for (int i = 0; i < _symbols.Length; i = _next[i])
        {
            destination.Add(_symbols[i]);
        }
    }

    /// <summary>Looks the pair that starts here up and queues it when it merges.</summary>
    private void Consider(int at)
    {
        int right = _next[at];
        int rank = right < _symbols.Length
            ? _merges.Rank(_symbols[at], _symbols[right], out _merged[at])
            : MergeTable.NoMerge;
        _ranks[at] = rank;
        if (rank != MergeTable.NoMerge)
        {
            // Rank above position: the order of the numbers is lowest rank first, leftmost on ties.
            Push(((ulong)(uint)rank << 32) | (uint)at);
        }
    }

    private void Push(ulong item)
    {
        if (_heapCount == _heap.Length)
        {
            Array.Resize(ref _heap, _heap.Length * 2);
        }

        int child = _heapCount++;
        while (child > 0)
        {
            int parent = (child - 1) >> 1;
            if (_heap[parent] <= item)
            {
                break;
            }

            _heap[child] = _heap[parent];
            child = parent;
        }

        _heap[child] = item;
    }

    private ulong Pop()
    {
        ulong top = _heap[0];
        ulong item = _heap[--_heapCount];
        int parent = 0;
        while (true)
        {
            int child = (parent * 2) + 1;
            if (child >= _heapCount)
            {
                break;
            }

            if (child + 1 < _heapCount && _heap[child + 1] < _heap[child])
            {
                child++;
            }

            if (item <= _heap[child])
            {
                break;
            }

            _heap[parent] = _heap[child];
            parent = child;
        }

        _heap[parent] = item;
        return top;
    }
}
