namespace Gemma4.Safety.Detection;

/// <summary>
/// Finds risky places in a text. A detector holds no state between calls and may be called from many threads at once.
/// </summary>
/// <remarks>
/// A stream is judged with the same words as the whole text: keep the text from <see cref="LookBehind"/> characters
/// before the last settled position on, append what arrives, detect again, accept the findings that start at or after
/// the last settled position and before the new one (<see cref="SettledLength"/>), and hold back everything after it.
/// </remarks>
public interface ITextDetector
{
    /// <summary>The detector's name, stable across versions, e.g. <c>personal-data</c>.</summary>
    string Id { get; }

    /// <summary>
    /// The most characters at the end of a text that a continuation can still turn into a finding, or whose finding it
    /// can still change; <see langword="null"/> when only the whole text can be judged.
    /// </summary>
    int? HoldBack { get; }

    /// <summary>The characters before a settled position that the detector must see to judge what follows. 0 or more.</summary>
    int LookBehind => HoldBack ?? 0;

    /// <summary>Adds what it finds, in any order; findings may overlap.</summary>
    /// <param name="text">The text and its normalised and decoded views.</param>
    /// <param name="found">Receives the findings.</param>
    void Detect(TextView text, ICollection<Finding> found);

    /// <summary>
    /// How many characters at the start of the text are final: no continuation changes the findings that start there,
    /// nor their ends. At least the text's length less <see cref="HoldBack"/>; often much more.
    /// </summary>
    /// <param name="text">The text seen so far.</param>
    int SettledLength(TextView text) => HoldBack is { } holdBack ? Math.Max(0, text.Text.Length - holdBack) : 0;
}
