namespace Gemma4.Agents.Selection;

/// <summary>Splits names and sentences about tools into words that match one another: create_users and "creating a user".</summary>
internal static class ToolWords
{
    private static readonly HashSet<string> Empty = new(StringComparer.Ordinal)
    {
        "a", "an", "the", "of", "to", "in", "on", "for", "and", "or", "is", "are", "was", "be", "by", "with", "from", "at", "as", "it", "its",
        "this", "that", "these", "those", "i", "me", "my", "you", "your", "we", "can", "could", "would", "should", "will", "what", "which", "who",
        "how", "do", "does", "please", "if", "not", "any", "all", "there", "have", "has", "want", "need", "like", "also", "then", "s",
        "default", "optional", "specified", "given", "using", "use",
    };

    public static List<string> Of(string? text)
    {
        List<string> words = [];
        int start = -1;
        string value = text ?? "";
        for (int i = 0; i <= value.Length; i++)
        {
            bool isLetter = i < value.Length && char.IsLetterOrDigit(value[i]);
            bool isBoundary = start >= 0 && i < value.Length && i > 0 && char.IsUpper(value[i]) && char.IsLower(value[i - 1]);
            if (start >= 0 && (!isLetter || isBoundary))
            {
                Add(value[start..i]);
                start = -1;
            }

            if (isLetter && start < 0)
            {
                start = i;
            }
        }

        return words;

        void Add(string word)
        {
            string lower = word.ToLowerInvariant();
            if (!Empty.Contains(lower) && !double.TryParse(lower, out _))
            {
                words.Add(Stem(lower));
            }
        }
    }

    // Enough of a stemmer that endings do not keep related words apart; both sides are cut alike.
    internal static string Stem(string word)
    {
        foreach (string ending in (ReadOnlySpan<string>)["izations", "ization", "ations", "ation", "ators", "ator", "ions", "ion", "ings", "ing", "ers", "er", "ies", "ied", "ity", "ed", "es", "al", "ly", "s", "e", "y"])
        {
            if (word.Length - ending.Length >= 4 && word.EndsWith(ending, StringComparison.Ordinal))
            {
                return word[..^ending.Length];
            }
        }

        return word.Length > 3 && word.EndsWith('s') && !word.EndsWith("ss", StringComparison.Ordinal) ? word[..^1] : word;
    }
}
