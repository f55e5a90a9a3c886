namespace Gemma4.Safety.Detection.Content;

/// <summary>Objects to a text from a number of characters on.</summary>
internal sealed class SizeDetector(int maxCharacters) : ITextDetector
{
    public string Id => "size";

    // A window of a stream is not the text: only the beginning can be counted.
    public int? HoldBack => maxCharacters;

    public int LookBehind => maxCharacters;

    public void Detect(TextView text, ICollection<Finding> found)
    {
        if (text.Text.Length > maxCharacters)
        {
            found.Add(new Finding("size/characters", RiskCategory.Budget, "REST", maxCharacters, text.Text.Length - maxCharacters, 1));
        }
    }

    public int SettledLength(TextView text) => text.Text.Length;
}
