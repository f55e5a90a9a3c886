namespace Gemma4.Sampling.Constraints.Grammars;

/// <summary>The keys an object already has. A set in the frame instead of states in the grammar: n keys in any order
/// would be 2^n states.</summary>
internal sealed class MemberSet : IEquatable<MemberSet>
{
    private readonly ulong[] _declared; // bit of the key's number
    private readonly string[] _free;
    private readonly int _hash;

    private MemberSet(ulong[] declared, string[] free, int count)
    {
        _declared = declared;
        _free = free;
        Count = count;
        var hash = default(HashCode);
        foreach (var word in declared)
        {
            hash.Add(word);
        }

        foreach (var key in free)
        {
            hash.Add(key, StringComparer.Ordinal);
        }

        hash.Add(count);
        _hash = hash.ToHashCode();
    }

    public int Count { get; }

    /// <summary>Keys that no property declares.</summary>
    public ReadOnlySpan<string> Free => _free;

    public static MemberSet None(int declaredKeys) => new(new ulong[(declaredKeys + 63) / 64], [], 0);

    public bool Has(int key) => (_declared[key / 64] >> (key % 64) & 1) != 0;

    public MemberSet With(int key)
    {
        var declared = (ulong[])_declared.Clone();
        declared[key / 64] |= 1UL << (key % 64);
        return new MemberSet(declared, _free, Count + 1);
    }

    /// <param name="key">Null for a key that nothing can collide with.</param>
    public MemberSet WithFree(string? key)
    {
        if (key is null)
        {
            return new MemberSet(_declared, _free, Count + 1);
        }

        // Sorted, so that the same keys in another order are the same set.
        string[] free = [.. _free, key];
        Array.Sort(free, StringComparer.Ordinal);
        return new MemberSet(_declared, free, Count + 1);
    }

    public bool HasFree(string key) => Array.IndexOf(_free, key) >= 0;

    public bool Equals(MemberSet? other) => other is not null && Count == other.Count
        && _declared.AsSpan().SequenceEqual(other._declared) && _free.AsSpan().SequenceEqual(other._free);

    public override bool Equals(object? obj) => Equals(obj as MemberSet);

    public override int GetHashCode() => _hash;
}
