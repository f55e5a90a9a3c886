using System.Numerics;

namespace Gemma4.Safety.Detection.Injection;

/// <summary>
/// Hashed features of a folded text, word by word: words and pairs, letter groups, punctuation, what begins a
/// sentence, and the classes of the lexicon, which speak for words of other languages too.
/// </summary>
internal sealed class InjectionFeatures
{
    /// <summary>Weights in a model; a power of two.</summary>
    public const int Count = 1 << 18;

    private const uint Seed = 2166136261;
    private const int LongestWord = 24; // letters of a word that are read
    private const int ShortestGroup = 4;
    private const int LongestGroup = 5;
    private const int LongestGap = 8;   // signs between two words that are read
    private const int ClassReach = 4;   // words between two of the lexicon that still count as neighbours

    private const uint LetterSalt = 77;
    private const uint SignSalt = 99;
    private const uint StartSalt = 0x01234567;
    private const uint ClassSalt = 0x777;
    private const uint ClassPairSalt = 0x778;
    private const uint ClassStartSalt = 0x779;

    // Words per window: an order hidden in a long text is weighed with its neighbours only, and a short one by itself.
    private static readonly int[] WindowSizes = [40, 12];

    private readonly List<int> _features = new(512);
    private readonly int[] _ends; // [word]

    private InjectionFeatures(int words) => _ends = new int[words];

    /// <summary>The windows over a text of so many words; each overlaps the next by half.</summary>
    public static IEnumerable<(int First, int End)> Windows(int words)
    {
        foreach (var size in WindowSizes)
        {
            if (size != WindowSizes[0] && words <= size)
            {
                yield break; // the same as the large one
            }

            var first = 0;
            do
            {
                yield return (first, Math.Min(words, first + size));
                first += size / 2;
            }
            while (first + size - size / 2 < words);
        }
    }

    /// <summary>Reads a text; a feature that occurs twice is there twice.</summary>
    public static InjectionFeatures Read(ReadOnlySpan<char> text, List<(int Start, int End)> words)
    {
        var result = new InjectionFeatures(words.Count);
        var previous = Seed;
        var lastClass = WordClass.None;
        var lastClassAt = -ClassReach - 1;
        var isStart = true;
        for (var index = 0; index < words.Count; index++)
        {
            var word = text[words[index].Start..words[index].End];
            var letters = word[..Math.Min(word.Length, LongestWord)];
            var hash = Hash(letters, 1);
            result.Add(hash);
            result.Add(Mix(previous, hash));
            if (isStart)
            {
                result.Add(Mix(StartSalt, hash));
            }

            result.AddGroups(letters);
            var kinds = InjectionLexicon.Classify(word);
            if (kinds != WordClass.None)
            {
                result.AddClasses(kinds, index - lastClassAt <= ClassReach ? lastClass : WordClass.None, isStart);
                lastClass = kinds;
                lastClassAt = index;
            }

            var gapEnd = index + 1 < words.Count ? words[index + 1].Start : text.Length;
            isStart = result.AddSigns(text[words[index].End..gapEnd]);
            previous = hash;
            result._ends[index] = result._features.Count;
        }

        return result;
    }

    /// <summary>The features of the words from first to end.</summary>
    public ReadOnlySpan<int> Of(int first, int end) =>
        System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_features)[(first == 0 ? 0 : _ends[first - 1])..(end == 0 ? 0 : _ends[end - 1])];

    private static uint Hash(ReadOnlySpan<char> word, uint salt)
    {
        var hash = Seed ^ salt;
        foreach (var character in word)
        {
            hash = (hash ^ character) * 16777619;
        }

        return hash;
    }

    private static uint Mix(uint left, uint right) => (left * 0x9E3779B1 ^ right) * 0x85EBCA6B;

    private void Add(uint hash)
    {
        hash ^= hash >> 15;
        hash *= 0x2C1B3C6D;
        hash ^= hash >> 13;
        _features.Add((int)(hash & (Count - 1)));
    }

    private void AddGroups(ReadOnlySpan<char> word)
    {
        // The word's edges count as a letter.
        Span<char> framed = stackalloc char[LongestWord + 2];
        framed[0] = '^';
        word.CopyTo(framed[1..]);
        framed[word.Length + 1] = '$';
        framed = framed[..(word.Length + 2)];
        for (var start = 0; start < framed.Length; start++)
        {
            var hash = Seed ^ LetterSalt;
            for (var length = 1; length <= LongestGroup && start + length <= framed.Length; length++)
            {
                hash = (hash ^ framed[start + length - 1]) * 16777619;
                if (length >= ShortestGroup && length < framed.Length)
                {
                    Add(hash + (uint)length);
                }
            }
        }
    }

    private void AddClasses(WordClass kinds, WordClass before, bool isStart)
    {
        for (var left = (uint)kinds; left != 0; left &= left - 1)
        {
            var kind = 1u << BitOperations.TrailingZeroCount(left);
            Add(Mix(ClassSalt, kind));
            if (isStart)
            {
                Add(Mix(ClassStartSalt, kind));
            }

            for (var other = (uint)before; other != 0; other &= other - 1)
            {
                Add(Mix(Mix(ClassPairSalt, 1u << BitOperations.TrailingZeroCount(other)), kind));
            }
        }
    }

    // Whether a sentence or a quotation begins behind these signs.
    private bool AddSigns(ReadOnlySpan<char> gap)
    {
        var starts = false;
        foreach (var sign in gap[..Math.Min(gap.Length, LongestGap)])
        {
            starts |= sign is '.' or '!' or '?' or ':' or '\n' or '"';
            if (!char.IsWhiteSpace(sign))
            {
                Add(Hash([sign], SignSalt));
            }
        }

        return starts;
    }
}
