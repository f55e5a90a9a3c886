namespace Gemma4.Safety.Detection;

/// <summary>One place in a text that a detector objects to.</summary>
/// <param name="Rule">The rule that matched, stable across versions, e.g. <c>personal-data/email</c>.</param>
/// <param name="Category">What the finding is about.</param>
/// <param name="Entity">The kind of thing found in capitals, e.g. <c>EMAIL</c>; it becomes the placeholder's name.</param>
/// <param name="Start">First position, in UTF-16 units of the text as it was given, whatever view the detector read.</param>
/// <param name="Length">Length in UTF-16 units of the same text; at least 1.</param>
/// <param name="Score">Confidence, above 0 and at most 1. A passed checksum gives 1, a bare pattern less.</param>
public readonly record struct Finding(
    string Rule, RiskCategory Category, string Entity, int Start, int Length, double Score)
{
    /// <summary>The position after the last one.</summary>
    public int End => Start + Length;
}
