using Gemma4.Safety.Detection;

namespace Gemma4.Safety.Policies;

/// <summary>What a policy says to one text.</summary>
/// <param name="Action">The strictest action of all findings.</param>
/// <param name="Findings">All findings in the order of the text, those that are only reported included.</param>
/// <param name="Text">The text as it may go on: rewritten, or empty when refused.</param>
/// <param name="Decisive">The finding that brought the action, or null.</param>
public sealed record SafetyVerdict(SafetyAction Action, IReadOnlyList<Finding> Findings, string Text, Finding? Decisive)
{
    /// <summary>The highest score of a finding, or 0.</summary>
    public double Score => Findings.Count == 0 ? 0 : Findings.Max(finding => finding.Score);
}
