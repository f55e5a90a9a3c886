namespace Gemma4.Agents.Evaluation;

/// <summary>Why calls do not count as right; the classes of the Berkeley leaderboard's checker.</summary>
public enum CallError
{
    /// <summary>The calls are right.</summary>
    None,

    /// <summary>More or fewer calls than expected.</summary>
    WrongCount,

    /// <summary>Another tool was called.</summary>
    WrongName,

    /// <summary>A required parameter is missing.</summary>
    MissingRequired,

    /// <summary>A parameter that must be given, though the schema does not require it, is missing.</summary>
    MissingOptional,

    /// <summary>A parameter that the tool does not have, or that no right answer gives.</summary>
    UnexpectedParameter,

    /// <summary>A value of another type than the schema's.</summary>
    WrongType,

    /// <summary>A value that is none of the right ones.</summary>
    WrongValue,

    /// <summary>No call among several fits an expected one.</summary>
    NoMatch,

    /// <summary>A call although no tool fits the question.</summary>
    CallNotWanted,
}
