namespace Gemma4.Safety.Detection.PersonalData;

/// <summary>One row of the table: what a value looks like, how it is checked and which words make it likely.</summary>
/// <param name="Name">The last part of the rule's name, e.g. <c>us-ssn</c>.</param>
/// <param name="Entity">The entity reported, e.g. <c>US_SSN</c>.</param>
/// <param name="Shapes">The patterns, see <see cref="Shape"/>.</param>
/// <param name="Check">Structure and checksum.</param>
/// <param name="Score">Confidence without a context word; 0 asks for one.</param>
/// <param name="ContextScore">Confidence with a context word shortly before the value.</param>
/// <param name="Context">Words that announce the value.</param>
internal sealed record Recogniser(
    string Name, string Entity, string[] Shapes, ValueCheck Check, double Score, double ContextScore, string[] Context)
{
    /// <summary>The rule's name in findings.</summary>
    public string Rule { get; } = "personal-data/" + Name;
}
