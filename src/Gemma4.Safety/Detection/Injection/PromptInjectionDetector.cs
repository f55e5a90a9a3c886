namespace Gemma4.Safety.Detection.Injection;

/// <summary>Reads a text the way a model might: as written, with digits read as letters, with spaced letters joined, and decoded.</summary>
internal sealed class PromptInjectionDetector : ITextDetector
{
    private const int ShortestSpelledSentence = 16; // letters
    private const double SpelledOutScore = 0.6;

    private readonly double _threshold;
    private readonly InjectionModel _model;

    public PromptInjectionDetector(double threshold, InjectionModel? model = null)
    {
        _threshold = threshold;
        _model = model ?? InjectionModel.Default;
    }

    public string Id => "prompt-injection";

    public int? HoldBack => null;

    public void Detect(TextView text, ICollection<Finding> found)
    {
        var folded = text.Folded;
        Read(folded, folded.Text, found);
        if (LetterSubstitutes.Replace(folded.Text) is { } substituted)
        {
            Read(folded, substituted, found);
        }

        if (SpacedLetters.Join(folded) is { } joined)
        {
            Read(joined, joined.Text, found, readsJoined: true);
            SpelledOut(joined, found);
        }

        foreach (var decoded in text.Decoded)
        {
            Read(decoded, TextFolding.FoldInPlace(decoded.Text), found);
        }
    }

    // A sentence letter by letter is nothing that a reader needs. Headings are shorter, and the alphabet is in order.
    private static void SpelledOut(MappedText joined, ICollection<Finding> found)
    {
        foreach (var (start, end) in FoldedWords.Split(joined.Text))
        {
            var successors = 0;
            for (var position = start + 1; position < end; position++)
            {
                successors += joined.Text[position] == joined.Text[position - 1] + 1 ? 1 : 0;
            }

            if (end - start >= ShortestSpelledSentence && successors * 2 < end - start)
            {
                Add(joined, found, "prompt-injection/spelled-out", start, end, SpelledOutScore);
            }
        }
    }

    private void Read(MappedText origin, string text, ICollection<Finding> found, bool readsJoined = false)
    {
        InjectionRules.Find(text, (rule, start, end, score) => Add(origin, found, rule, start, end, score));
        if (readsJoined)
        {
            return;
        }

        var words = FoldedWords.Split(text);
        var features = InjectionFeatures.Read(text, words);
        var best = (Score: 0.0, First: 0, End: 0);
        foreach (var (first, end) in InjectionFeatures.Windows(words.Count))
        {
            var window = features.Of(first, end);
            var score = window.Length == 0 ? 0 : _model.Score(window);
            if (score > best.Score)
            {
                best = (score, first, end);
            }
        }

        if (best.Score >= _threshold && best.End > best.First)
        {
            Add(origin, found, "prompt-injection/model", words[best.First].Start, words[best.End - 1].End, best.Score);
        }
    }

    private static void Add(MappedText origin, ICollection<Finding> found, string rule, int start, int end, double score)
    {
        var (first, length) = origin.ToOriginal(start, end - start);
        var finding = new Finding(rule, RiskCategory.PromptInjection, "PROMPT_INJECTION", first, length, score);
        if (length > 0 && !found.Contains(finding))
        {
            found.Add(finding);
        }
    }
}
