namespace Gemma4.Safety.Detection.Content;

/// <summary>Finds the application's own words and phrases however they are spelled: case, accents, look-alikes, invisible characters, digits for letters.</summary>
internal sealed class BlockedWordsDetector : ITextDetector
{
    private readonly string _topic;
    private readonly PhraseAutomaton _phrases;

    /// <param name="topic">The topic's name; it becomes the last part of the rule.</param>
    /// <param name="phrases">Words and phrases; each is found as whole words only.</param>
    public BlockedWordsDetector(string topic, IEnumerable<string> phrases)
    {
        _topic = topic;
        _phrases = new PhraseAutomaton(phrases);
    }

    public string Id => "blocked/" + _topic;

    // Twice: white space runs and invisible characters inside a phrase do not count towards its length.
    public int? HoldBack => 2 * _phrases.MaxLength + 64;

    public int LookBehind => HoldBack!.Value;

    public void Detect(TextView text, ICollection<Finding> found)
    {
        var folded = text.Folded;
        Find(folded, folded.Text, found);
        if (LetterSubstitutes.Replace(folded.Text) is { } readable)
        {
            Find(folded, readable, found);
        }
    }

    private void Find(MappedText origin, string text, ICollection<Finding> found) =>
        _phrases.Find(text, (_, start, end) =>
        {
            var (first, length) = origin.ToOriginal(start, end - start);
            var finding = new Finding(Id, RiskCategory.BlockedTopic, _topic.ToUpperInvariant(), first, length, 1);
            if (!found.Contains(finding))
            {
                found.Add(finding);
            }
        });
}
