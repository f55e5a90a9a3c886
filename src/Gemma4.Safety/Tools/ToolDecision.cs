namespace Gemma4.Safety.Tools;

/// <summary>What happens to a tool call.</summary>
public enum ToolDecision
{
    /// <summary>It runs.</summary>
    Run,

    /// <summary>It is not run; the model is told that it would have been.</summary>
    DryRun,

    /// <summary>It waits for a person.</summary>
    Ask,

    /// <summary>It is not run; the model is told so.</summary>
    Block,
}
