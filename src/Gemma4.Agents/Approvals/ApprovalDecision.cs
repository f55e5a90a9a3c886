namespace Gemma4.Agents.Approvals;

/// <summary>What a person or a rule says about a call.</summary>
public enum ApprovalDecision
{
    /// <summary>The call does not run; the model is told.</summary>
    Deny,

    /// <summary>This call runs, once.</summary>
    AllowOnce,

    /// <summary>Calls of this tool with exactly these arguments run from now on without asking.</summary>
    AllowSameArguments,

    /// <summary>All calls of this tool run from now on without asking.</summary>
    AllowTool,

    /// <summary>Nobody decides now: the call is held and the run ends.</summary>
    Hold,
}
