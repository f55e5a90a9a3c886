namespace Gemma4.Safety.Detection.Injection;

/// <summary>Reads a text the way a model might: as written, with digits read as letters, with spaced letters joined, and decoded.</summary>
internal sealed class PromptInjectionDetector : ITextDetector
{
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
        }

        foreach (var decoded in text.Decoded)
        {
            Read(decoded, TextFolding.FoldInPlace(decoded.Text), found);
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
        var features = new List<int>(512);
        var best = (Score: 0.0, First: 0, End: 0);
        foreach (var (first, end) in InjectionFeatures.Windows(words.Count))
        {
            features.Clear();
            InjectionFeatures.Collect(text, words, first, end, features);
            var score = features.Count == 0 ? 0 : _model.Score(features);
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
