namespace Gemma4.Retrieval.Search;

/// <summary>M. F. Porter, "An algorithm for suffix stripping", 1980. English words in lower case.</summary>
internal static class PorterStemmer
{
    private static readonly (string Suffix, string Replacement)[] Step2 =
    [
        ("ational", "ate"), ("tional", "tion"), ("enci", "ence"), ("anci", "ance"), ("izer", "ize"), ("abli", "able"), ("alli", "al"),
        ("entli", "ent"), ("eli", "e"), ("ousli", "ous"), ("ization", "ize"), ("ation", "ate"), ("ator", "ate"), ("alism", "al"),
        ("iveness", "ive"), ("fulness", "ful"), ("ousness", "ous"), ("aliti", "al"), ("iviti", "ive"), ("biliti", "ble"),
    ];

    private static readonly (string Suffix, string Replacement)[] Step3 =
        [("icate", "ic"), ("ative", ""), ("alize", "al"), ("iciti", "ic"), ("ical", "ic"), ("ful", ""), ("ness", "")];

    private static readonly string[] Step4 =
    [
        "al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent", "ion", "ou", "ism", "ate", "iti", "ous", "ive", "ize",
    ];

    public static string Stem(string word)
    {
        // Digits and other scripts are no English words.
        if (word.Length <= 2 || word.AsSpan().ContainsAnyExceptInRange('a', 'z'))
        {
            return word;
        }

        string stem = Doubled(Plural(word));
        if (stem.EndsWith('y') && HasVowel(stem, stem.Length - 1))
        {
            stem = string.Concat(stem.AsSpan(0, stem.Length - 1), "i");
        }

        stem = Replace(stem, Step2);
        stem = Replace(stem, Step3);
        stem = Strip(stem);
        if (stem.EndsWith('e'))
        {
            int length = stem.Length - 1;
            int measure = Measure(stem, length);
            if (measure > 1 || (measure == 1 && !EndsShort(stem, length)))
            {
                stem = stem[..length];
            }
        }

        return stem.EndsWith("ll", StringComparison.Ordinal) && Measure(stem, stem.Length - 1) > 1 ? stem[..^1] : stem;
    }

    private static string Plural(string word) => word switch
    {
        _ when word.EndsWith("sses", StringComparison.Ordinal) || word.EndsWith("ies", StringComparison.Ordinal) => word[..^2],
        _ when word.EndsWith("ss", StringComparison.Ordinal) || !word.EndsWith('s') => word,
        _ => word[..^1],
    };

    private static string Doubled(string word)
    {
        if (word.EndsWith("eed", StringComparison.Ordinal))
        {
            return Measure(word, word.Length - 3) > 0 ? word[..^1] : word;
        }

        int cut = word.EndsWith("ed", StringComparison.Ordinal) ? 2 : word.EndsWith("ing", StringComparison.Ordinal) ? 3 : 0;
        if (cut == 0 || !HasVowel(word, word.Length - cut))
        {
            return word;
        }

        string stem = word[..^cut];
        if (stem.EndsWith("at", StringComparison.Ordinal) || stem.EndsWith("bl", StringComparison.Ordinal) || stem.EndsWith("iz", StringComparison.Ordinal))
        {
            return stem + "e";
        }

        if (stem.Length > 1 && stem[^1] == stem[^2] && IsConsonant(stem, stem.Length - 1) && stem[^1] is not ('l' or 's' or 'z'))
        {
            return stem[..^1];
        }

        return Measure(stem, stem.Length) == 1 && EndsShort(stem, stem.Length) ? stem + "e" : stem;
    }

    private static string Replace(string stem, (string Suffix, string Replacement)[] rules)
    {
        foreach ((string suffix, string replacement) in rules)
        {
            if (stem.EndsWith(suffix, StringComparison.Ordinal))
            {
                int length = stem.Length - suffix.Length;
                return Measure(stem, length) > 0 ? string.Concat(stem.AsSpan(0, length), replacement) : stem;
            }
        }

        return stem;
    }

    private static string Strip(string stem)
    {
        string? longest = null;
        foreach (string suffix in Step4)
        {
            if (stem.EndsWith(suffix, StringComparison.Ordinal) && suffix.Length > (longest?.Length ?? 0))
            {
                longest = suffix;
            }
        }

        if (longest is null)
        {
            return stem;
        }

        int length = stem.Length - longest.Length;
        bool allowed = longest != "ion" || (length > 0 && stem[length - 1] is 's' or 't');
        return allowed && Measure(stem, length) > 1 ? stem[..length] : stem;
    }

    // The number of vowel-consonant sequences in the first characters.
    private static int Measure(string word, int length)
    {
        int measure = 0;
        for (int i = 1; i < length; i++)
        {
            measure += IsConsonant(word, i) && !IsConsonant(word, i - 1) ? 1 : 0;
        }

        return measure;
    }

    private static bool HasVowel(string word, int length)
    {
        for (int i = 0; i < length; i++)
        {
            if (!IsConsonant(word, i))
            {
                return true;
            }
        }

        return false;
    }

    // consonant, vowel, consonant other than w, x, y: "hop", "fil"
    private static bool EndsShort(string word, int length) =>
        length >= 3 && IsConsonant(word, length - 1) && !IsConsonant(word, length - 2) && IsConsonant(word, length - 3)
        && word[length - 1] is not ('w' or 'x' or 'y');

    private static bool IsConsonant(string word, int index) => word[index] switch
    {
        'a' or 'e' or 'i' or 'o' or 'u' => false,
        'y' => index == 0 || !IsConsonant(word, index - 1),
        _ => true,
    };
}
