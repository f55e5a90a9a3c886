using Gemma4.Safety.Detection;
using Gemma4.Safety.Policies;
using Microsoft.Extensions.AI;

namespace Gemma4.Safety.Pipeline;

/// <summary>Why a request ends here.</summary>
internal sealed record Refusal(string Rule, SafetyStage Stage, RiskCategory Category, double Score)
{
    public static Refusal Of(Hit hit, SafetyStage stage) => Of(hit.Finding, stage);

    public static Refusal Of(Finding finding, SafetyStage stage) => new(finding.Rule, stage, finding.Category, finding.Score);

    public static Refusal OfBudget(string rule, SafetyStage stage) => new(rule, stage, RiskCategory.Budget, 1);

    public AdditionalPropertiesDictionary Properties => new()
    {
        ["safety.rule"] = Rule,
        ["safety.stage"] = Stage.ToString(),
        ["safety.category"] = Category.ToString(),
        ["safety.score"] = Score,
    };

    public SafetyRefusalException ToException() => new(Rule, Stage, Category, Score);
}
