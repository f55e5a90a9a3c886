namespace Gemma4.Safety.Detection.Injection;

/// <summary>Hashed words, word pairs and triples and letter groups of a stretch of folded text.</summary>
internal static class InjectionFeatures
{
    /// <summary>Weights in a model; a power of two.</summary>
    public const int Count = 1 << 18;

    /// <summary>Words per window; an order hidden in a long text is weighed with its neighbours only.</summary>
    public const int WindowWords = 40;

    private const int WindowStep = 20;
    private const uint Seed = 2166136261;
    private const int LongestWord = 24; // letters of a word that are read

    /// <summary>The windows over a text of so many words.</summary>
    public static IEnumerable<(int First, int End)> Windows(int words)
    {
        var first = 0;
        do
        {
            var end = Math.Min(words, first + WindowWords);
            yield return (first, end);
            first += WindowStep;
        }
        while (first + WindowWords - WindowStep < words);
    }

    /// <summary>Adds the features of the words from first to end; a feature that occurs twice is added twice.</summary>
    public static void Collect(ReadOnlySpan<char> text, List<(int Start, int End)> words, int first, int end, List<int> features)
    {
        var previous = Seed;
        var beforePrevious = Seed;
        for (var index = first; index < end; index++)
        {
            var word = text[words[index].Start..words[index].End];
            var letters = word[..Math.Min(word.Length, LongestWord)];
            var hash = Hash(letters, 1);
            features.Add(Slot(hash));
            features.Add(Slot(Mix(previous, hash)));
            if (index > first)
            {
                features.Add(Slot(Mix(Mix(beforePrevious, previous), hash)));
            }

            beforePrevious = previous;
            previous = hash;
            Groups(letters, features);
        }
    }

    private static void Groups(ReadOnlySpan<char> word, List<int> features)
    {
        // The word's edges count as a letter.
        Span<char> framed = stackalloc char[LongestWord + 2];
        framed[0] = '^';
        word.CopyTo(framed[1..]);
        framed[word.Length + 1] = '$';
        framed = framed[..(word.Length + 2)];
        for (var start = 0; start < framed.Length; start++)
        {
            var hash = Seed ^ 77;
            for (var length = 1; length <= 5 && start + length <= framed.Length; length++)
            {
                hash = (hash ^ framed[start + length - 1]) * 16777619;
                if (length >= 3 && length < framed.Length)
                {
                    features.Add(Slot(hash + (uint)length));
                }
            }
        }
    }

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

    private static int Slot(uint hash)
    {
        hash ^= hash >> 15;
        hash *= 0x2C1B3C6D;
        hash ^= hash >> 13;
        return (int)(hash & (Count - 1));
    }
}
