using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Gemma4.Tokenization;

/// <summary>Plain text to ids: lowest rank first, leftmost on ties.</summary>
/// <remarks>
/// The tables hold no control id anywhere - not as a character, not as a byte, not as the result of a merge - so
/// no text can come out as one.
/// </remarks>
internal sealed class BytePairEncoder(CharacterTable characters, MergeTable merges, MergePairFilter pairs)
{
    /// <summary>Up to here scanning for the best pair beats keeping a heap.</summary>
    private const int ScanLimit = 48;

    private readonly WordCache _cache = new();

    public void Encode(ReadOnlySpan<char> text, List<int> destination)
    {
        int start = 0;
        int index = 0;
        int previous = -1;
        while (index < text.Length)
        {
            int length = CharacterTable.ReadScalar(text, index, out int scalar);
            if (index > start && !pairs.CanJoin(previous, scalar))
            {
                EncodeWord(text[start..index], destination);
                start = index;
            }

            previous = scalar;
            index += length;
        }

        if (start < text.Length)
        {
            EncodeWord(text[start..], destination);
        }
    }

    private void EncodeWord(ReadOnlySpan<char> word, List<int> destination)
    {
        if (word.Length > WordCache.MaxWordLength)
        {
            Merge(word, destination);
            return;
        }

        int[]? ids = _cache.Find(word, out int hash);
        if (ids is not null)
        {
            destination.AddRange(ids.AsSpan());
            return;
        }

        int before = destination.Count;
        Merge(word, destination);
        _cache.Store(word, hash, CollectionsMarshal.AsSpan(destination)[before..]);
    }

    [SkipLocalsInit]
    private void Merge(ReadOnlySpan<char> word, List<int> destination)
    {
        // Three bytes for each UTF-16 unit is the worst case of the byte fallback.
        int bound = word.Length * 3;
        Span<int> symbols = bound <= ScanLimit * 3 ? stackalloc int[ScanLimit * 3] : new int[bound];
        int count = 0;
        for (int index = 0; index < word.Length;)
        {
            index += CharacterTable.ReadScalar(word, index, out int scalar);
            count += characters.Expand(scalar, symbols[count..]);
        }

        symbols = symbols[..count];
        if (count <= ScanLimit)
        {
            MergeByScanning(symbols, destination);
        }
        else
        {
            new HeapMerger(merges, symbols).Run(destination);
        }
    }

    [SkipLocalsInit]
    private void MergeByScanning(Span<int> symbols, List<int> destination)
    {
        Span<int> ranks = stackalloc int[ScanLimit];
        Span<int> merged = stackalloc int[ScanLimit];
        int count = symbols.Length;
        for (int i = 0; i + 1 < count; i++)
        {
            ranks[i] = merges.Rank(symbols[i], symbols[i + 1], out merged[i]);
        }

        while (count > 1)
        {
            int best = 0;
            for (int i = 1; i + 1 < count; i++)
            {
                if (ranks[i] < ranks[best])
                {
                    best = i;
                }
            }

            if (ranks[best] == MergeTable.NoMerge)
            {
                break;
            }

            symbols[best] = merged[best];
            symbols[(best + 2)..count].CopyTo(symbols[(best + 1)..]);
            if (best + 2 < count)
            {
                ranks[(best + 2)..(count - 1)].CopyTo(ranks[(best + 1)..]);
                merged[(best + 2)..(count - 1)].CopyTo(merged[(best + 1)..]);
            }

            count--;
            if (best > 0)
            {
                ranks[best - 1] = merges.Rank(symbols[best - 1], symbols[best], out merged[best - 1]);
            }

            if (best + 1 < count)
            {
                ranks[best] = merges.Rank(symbols[best], symbols[best + 1], out merged[best]);
            }
        }

        destination.AddRange(symbols[..count]);
    }
}
