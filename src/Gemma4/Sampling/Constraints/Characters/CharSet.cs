namespace Gemma4.Sampling.Constraints.Characters;

/// <summary>A set of Unicode scalar values as sorted, disjoint, inclusive ranges. Surrogates are in no set.</summary>
internal sealed class CharSet
{
    public const int LastScalar = 0x10FFFF;

    public static readonly CharSet None = new([]);

    public static readonly CharSet Any = new([(0, 0xD7FF), (0xE000, LastScalar)]);

    private readonly (int Low, int High)[] _ranges;

    private CharSet((int Low, int High)[] ranges) => _ranges = ranges;

    public ReadOnlySpan<(int Low, int High)> Ranges => _ranges;

    public bool IsEmpty => _ranges.Length == 0;

    public static CharSet Of(params ReadOnlySpan<(int Low, int High)> ranges)
    {
        var sorted = ranges.ToArray();
        Array.Sort(sorted);
        var merged = new List<(int Low, int High)>(sorted.Length + 1);
        foreach (var (low, high) in sorted)
        {
            // Cut the surrogates out of the middle.
            Append(merged, low, Math.Min(high, 0xD7FF));
            Append(merged, Math.Max(low, 0xE000), Math.Min(high, LastScalar));
        }

        return new CharSet([.. merged]);
    }

    public static CharSet OfChars(string chars)
    {
        var ranges = new List<(int, int)>();
        foreach (var rune in chars.EnumerateRunes())
        {
            ranges.Add((rune.Value, rune.Value));
        }

        return Of([.. ranges]);
    }

    public CharSet Union(CharSet other) => Of([.. _ranges, .. other._ranges]);

    public CharSet Complement()
    {
        var rest = new List<(int, int)>();
        var next = 0;
        foreach (var (low, high) in _ranges)
        {
            if (low > next)
            {
                rest.Add((next, low - 1));
            }

            next = high + 1;
        }

        if (next <= LastScalar)
        {
            rest.Add((next, LastScalar));
        }

        return Of([.. rest]);
    }

    public CharSet Except(CharSet other) => Complement().Union(other).Complement();

    public bool Contains(int scalar)
    {
        foreach (var (low, high) in _ranges)
        {
            if (scalar <= high)
            {
                return scalar >= low;
            }
        }

        return false;
    }

    private static void Append(List<(int Low, int High)> merged, int low, int high)
    {
        if (low > high)
        {
            return;
        }

        if (merged.Count > 0 && low <= merged[^1].High + 1)
        {
            merged[^1] = (merged[^1].Low, Math.Max(merged[^1].High, high));
        }
        else
        {
            merged.Add((low, high));
        }
    }
}
