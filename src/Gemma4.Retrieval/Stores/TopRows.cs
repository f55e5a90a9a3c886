using System.Runtime.CompilerServices;

namespace Gemma4.Retrieval.Stores;

/// <summary>Keeps the best rows seen: a binary heap with the worst kept row at the root. Equal scores: the lower row wins.</summary>
/// <param name="capacity">How many rows are kept.</param>
internal sealed class TopRows(int capacity)
{
    private const int FirstSize = 256;

    // Grows: a caller that wants all rows asks for int.MaxValue.
    private (float Score, int Row)[] _heap = new (float, int)[Math.Min(capacity, FirstSize)];
    private int _count;

    /// <summary>The worst score that is kept; below any number while there is room.</summary>
    public float Least => _count < capacity ? float.NegativeInfinity : _heap[0].Score;

    /// <summary>Offers a row; a higher score is better.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Offer(float score, int row)
    {
        if (!(score < Least))
        {
            Take(score, row);
        }
    }

    public void OfferAll(TopRows other)
    {
        foreach ((float score, int row) in other._heap.AsSpan(0, other._count))
        {
            Offer(score, row);
        }
    }

    /// <summary>The kept rows, best first.</summary>
    public (float Score, int Row)[] Sorted()
    {
        (float Score, int Row)[] rows = _heap[.._count];
        Array.Sort(rows, static (x, y) => x.Score != y.Score ? y.Score.CompareTo(x.Score) : x.Row.CompareTo(y.Row));
        return rows;
    }

    private void Take(float score, int row)
    {
        // Not a number is worse than anything, and would break the order of the heap.
        if (float.IsNaN(score))
        {
            score = float.NegativeInfinity;
        }

        if (_count < capacity)
        {
            if (_count == _heap.Length)
            {
                Array.Resize(ref _heap, (int)Math.Min(capacity, _heap.Length * 2L));
            }

            int at = _count++;
            while (at > 0 && Worse((score, row), _heap[(at - 1) / 2]))
            {
                _heap[at] = _heap[(at - 1) / 2];
                at = (at - 1) / 2;
            }

            _heap[at] = (score, row);
        }
        else if (_count > 0 && Worse(_heap[0], (score, row)))
        {
            SiftDown((score, row));
        }
    }

    private static bool Worse((float Score, int Row) x, (float Score, int Row) y) => x.Score < y.Score || (x.Score == y.Score && x.Row > y.Row);

    private void SiftDown((float Score, int Row) item)
    {
        int at = 0;
        for (int child = 1; child < _count; child = (2 * at) + 1)
        {
            if (child + 1 < _count && Worse(_heap[child + 1], _heap[child]))
            {
                child++;
            }

            if (!Worse(_heap[child], item))
            {
                break;
            }

            _heap[at] = _heap[child];
            at = child;
        }

        _heap[at] = item;
    }
}
