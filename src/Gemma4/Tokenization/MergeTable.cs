using System.Numerics;
using System.Runtime.CompilerServices;

namespace Gemma4.Tokenization;

/// <summary>The merges: (left id, right id) to rank and merged id, in one open-addressing table.</summary>
internal sealed class MergeTable
{
    /// <summary>The rank of a pair that does not merge; worse than every real one.</summary>
    public const int NoMerge = int.MaxValue;

    private const ulong Empty = ulong.MaxValue;
    private Entry[] _entries;
    private int _count;
    private int _shift;

    public MergeTable(int expected) => _entries = Allocate(Math.Max(16, expected));

    /// <summary>Adds a merge. For a pair named twice the later rank counts, as in the reference implementation.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Set(int left, int right, int rank, int merged)
    {
        if (_count * 8L >= _entries.Length * 5L)
        {
            Entry[] old = _entries;
            _entries = Allocate(old.Length * 2);
            _count = 0;
            foreach (Entry entry in old)
            {
                if (entry.Key != Empty)
                {
                    Insert(entry);
                }
            }
        }

        Insert(new Entry { Key = Key(left, right), Rank = rank, Merged = merged });
    }

    /// <returns>The rank, or <see cref="NoMerge"/>.</returns>
    public int Rank(int left, int right, out int merged)
    {
        ulong key = Key(left, right);
        Entry[] entries = _entries;
        int slot = Slot(key);
        while (true)
        {
            ref readonly Entry entry = ref entries[slot];
            if (entry.Key == key)
            {
                merged = entry.Merged;
                return entry.Rank;
            }

            if (entry.Key == Empty)
            {
                merged = -1;
                return NoMerge;
            }

            slot = (slot + 1) & (entries.Length - 1);
        }
    }

    private static ulong Key(int left, int right) => ((ulong)(uint)left << 32) | (uint)right;

    private int Slot(ulong key)
    {
        key ^= key >> 32;
        return (int)((key * 0x9E3779B97F4A7C15) >> _shift);
    }

    private void Insert(Entry added)
    {
        int slot = Slot(added.Key);
        while (_entries[slot].Key != Empty && _entries[slot].Key != added.Key)
        {
            slot = (slot + 1) & (_entries.Length - 1);
        }

        _count += _entries[slot].Key == Empty ? 1 : 0;
        _entries[slot] = added;
    }

    private Entry[] Allocate(int expected)
    {
        int capacity = (int)BitOperations.RoundUpToPowerOf2((uint)expected);
        _shift = 64 - BitOperations.Log2((uint)capacity);
        var entries = GC.AllocateUninitializedArray<Entry>(capacity);
        Array.Fill(entries, new Entry { Key = Empty });
        return entries;
    }

    private struct Entry
    {
        public ulong Key;
        public int Rank;
        public int Merged;
    }
}
