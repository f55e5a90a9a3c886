using System.Numerics;

namespace Gemma4.Retrieval.Stores;

/// <summary>The rows that a filter lets through: a bit for each row.</summary>
/// <param name="rows">Rows from 0 on that have a bit.</param>
internal sealed class RowMask(int rows)
{
    private const int WordBits = 64;

    private readonly ulong[] _words = new ulong[(rows + WordBits - 1) / WordBits];

    /// <summary>How many rows are in.</summary>
    public int Count { get; private set; }

    /// <summary>Whether a row is in.</summary>
    public bool this[int row] => ((_words[row / WordBits] >> (row % WordBits)) & 1) != 0;

    /// <summary>The rows that are in, ascending.</summary>
    public IEnumerable<int> Rows
    {
        get
        {
            for (int word = 0; word < _words.Length; word++)
            {
                for (ulong left = _words[word]; left != 0; left &= left - 1)
                {
                    yield return (word * WordBits) + BitOperations.TrailingZeroCount(left);
                }
            }
        }
    }

    /// <summary>Puts the rows in whose value is the given one.</summary>
    /// <param name="values">[row].</param>
    /// <param name="value">The value.</param>
    public static RowMask Equal(ReadOnlySpan<int> values, int value)
    {
        RowMask mask = new(values.Length);
        for (int word = 0; word < mask._words.Length; word++)
        {
            ReadOnlySpan<int> part = values[(word * WordBits)..Math.Min(values.Length, (word + 1) * WordBits)];
            ulong bits = 0;
            for (int i = 0; i < part.Length; i++)
            {
                bits |= part[i] == value ? 1UL << i : 0;
            }

            mask._words[word] = bits;
            mask.Count += BitOperations.PopCount(bits);
        }

        return mask;
    }

    /// <summary>Puts a row in that is not.</summary>
    public void Add(int row)
    {
        _words[row / WordBits] |= 1UL << (row % WordBits);
        Count++;
    }

    /// <summary>Leaves only the rows in for which a condition holds.</summary>
    public void Keep(Func<int, bool> condition)
    {
        for (int word = 0; word < _words.Length; word++)
        {
            for (ulong left = _words[word]; left != 0; left &= left - 1)
            {
                int bit = BitOperations.TrailingZeroCount(left);
                if (!condition((word * WordBits) + bit))
                {
                    _words[word] &= ~(1UL << bit);
                    Count--;
                }
            }
        }
    }

    /// <summary>Whether one of the rows is in.</summary>
    /// <param name="first">The first row; a multiple of 64.</param>
    /// <param name="count">How many rows; a multiple of 64.</param>
    public bool HasAny(int first, int count)
    {
        int end = Math.Min(_words.Length, (first + count) / WordBits);
        return first / WordBits < end && _words.AsSpan((first / WordBits)..end).ContainsAnyExcept(0UL);
    }
}
