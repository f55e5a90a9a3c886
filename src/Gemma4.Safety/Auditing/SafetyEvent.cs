using Gemma4.Safety.Detection;
using Gemma4.Safety.Policies;

namespace Gemma4.Safety.Auditing;

/// <summary>What a policy did. Holds nothing of any text.</summary>
/// <param name="Time">When.</param>
/// <param name="Policy">The policy's name.</param>
/// <param name="Stage">Where the text stood.</param>
/// <param name="Action">What was done.</param>
/// <param name="Rule">The rule of the finding, e.g. <c>personal-data/email</c>.</param>
/// <param name="Category">What it is about.</param>
/// <param name="Score">The highest confidence, 0 to 1.</param>
/// <param name="Count">How many findings this rule had in the text.</param>
public sealed record SafetyEvent(
    DateTimeOffset Time, string Policy, SafetyStage Stage, SafetyAction Action, string Rule, RiskCategory Category, double Score, int Count);
