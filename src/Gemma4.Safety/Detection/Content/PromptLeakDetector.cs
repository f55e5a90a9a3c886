namespace Gemma4.Safety.Detection.Content;

/// <summary>Finds a canary, or a run of words that also stands in the system prompt, in an answer.</summary>
internal sealed class PromptLeakDetector : ITextDetector
{
    /// <summary>Words in a row that an answer shares with the prompt before it counts as repeating it.</summary>
    public const int Words = 10;

    private const int LongestWord = 64;

    private readonly HashSet<int> _runs = [];
    private readonly string? _canary;

    /// <param name="systemPrompt">The prompt that must not be repeated.</param>
    /// <param name="canary">A word put into the prompt only to be recognised; none when null.</param>
    public PromptLeakDetector(string systemPrompt, string? canary = null)
    {
        var folded = TextFolding.Fold(systemPrompt).Text;
        var words = WordsOf(folded);
        var hashes = Hashes(folded, words);
        for (var index = 0; index + Words <= words.Count; index++)
        {
            _runs.Add(Run(hashes.AsSpan(index, Words)));
        }

        _canary = canary is null ? null : TextFolding.Fold(canary).Text;
    }

    public string Id => "prompt-leak";

    public int? HoldBack => Words * (LongestWord + 8);

    public int LookBehind => 1;

    public void Detect(TextView text, ICollection<Finding> found)
    {
        var folded = text.Folded;
        var words = WordsOf(folded.Text);
        var hashes = Hashes(folded.Text, words);
        for (var index = 0; index + Words <= words.Count; index++)
        {
            if (_runs.Contains(Run(hashes.AsSpan(index, Words))))
            {
                var start = words[index].Start;
                var (first, length) = folded.ToOriginal(start, words[index + Words - 1].End - start);
                found.Add(new Finding("prompt-leak/overlap", RiskCategory.PromptLeak, "SYSTEM_PROMPT", first, length, 0.9));
            }
        }

        if (_canary is null)
        {
            return;
        }

        for (var at = folded.Text.IndexOf(_canary, StringComparison.Ordinal); at >= 0; at = folded.Text.IndexOf(_canary, at + 1, StringComparison.Ordinal))
        {
            var (first, length) = folded.ToOriginal(at, _canary.Length);
            found.Add(new Finding("prompt-leak/canary", RiskCategory.PromptLeak, "CANARY", first, length, 1));
        }
    }

    public int SettledLength(TextView text)
    {
        var folded = text.Folded;
        var words = WordsOf(folded.Text);
        var wordStart = words.Count < Words ? 0 : words[^Words].Start;
        var settled = Math.Min(wordStart, folded.Text.Length - (_canary?.Length ?? 0));
        return settled <= 0 ? 0 : folded.OriginalStart(settled);
    }

    private static List<(int Start, int End)> WordsOf(string text)
    {
        var words = new List<(int, int)>();
        for (var position = 0; position < text.Length; position++)
        {
            if (!char.IsLetterOrDigit(text[position]))
            {
                continue;
            }

            var start = position;
            while (position < text.Length && position - start < LongestWord && char.IsLetterOrDigit(text[position]))
            {
                position++;
            }

            words.Add((start, position));
            position--;
        }

        return words;
    }

    private static int[] Hashes(string text, List<(int Start, int End)> words)
    {
        var hashes = new int[words.Count];
        for (var index = 0; index < hashes.Length; index++)
        {
            hashes[index] = string.GetHashCode(text.AsSpan(words[index].Start, words[index].End - words[index].Start));
        }

        return hashes;
    }

    private static int Run(ReadOnlySpan<int> hashes)
    {
        var hash = new HashCode();
        foreach (var word in hashes)
        {
            hash.Add(word);
        }

        return hash.ToHashCode();
    }
}
