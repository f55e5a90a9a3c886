namespace Gemma4.Tokenization;

/// <summary>The ids of words seen lately. Holds a fixed number of slots and needs no lock.</summary>
/// <remarks>A slot holds one immutable entry, swapped whole; two words of one slot displace each other.</remarks>
internal sealed class WordCache
{
    /// <summary>Longer words are rare, seldom repeat and would make the bound on memory loose.</summary>
    public const int MaxWordLength = 40;

    private const int SlotCount = 1 << 15;
    private readonly Entry?[] _slots = new Entry?[SlotCount];

    public int[]? Find(ReadOnlySpan<char> word, out int hash)
    {
        hash = string.GetHashCode(word);
        Entry? entry = Volatile.Read(ref _slots[hash & (SlotCount - 1)]);
        return entry is not null && entry.Hash == hash && word.SequenceEqual(entry.Word) ? entry.Ids : null;
    }

    public void Store(ReadOnlySpan<char> word, int hash, ReadOnlySpan<int> ids) =>
        Volatile.Write(ref _slots[hash & (SlotCount - 1)], new Entry(hash, word.ToArray(), ids.ToArray()));

    private sealed class Entry(int hash, char[] word, int[] ids)
    {
        public int Hash { get; } = hash;

        public char[] Word { get; } = word;

        public int[] Ids { get; } = ids;
    }
}
