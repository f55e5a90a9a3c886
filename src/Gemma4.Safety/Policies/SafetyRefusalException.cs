using Gemma4.Safety.Detection;

namespace Gemma4.Safety.Policies;

/// <summary>A request or an answer was refused. Says which rule did it and holds nothing of the text.</summary>
public sealed class SafetyRefusalException : Exception
{
    internal SafetyRefusalException(string rule, SafetyStage stage, RiskCategory category, double score)
        : base($"The safety policy refused the {stage} by rule '{rule}'.")
    {
        Rule = rule;
        Stage = stage;
        Category = category;
        Score = score;
    }

    /// <summary>The rule.</summary>
    public string Rule { get; }

    /// <summary>Where the text stood.</summary>
    public SafetyStage Stage { get; }

    /// <summary>What it was about.</summary>
    public RiskCategory Category { get; }

    /// <summary>The confidence, 0 to 1.</summary>
    public double Score { get; }
}
