namespace Gemma4.Sampling.Constraints;

/// <summary>Whether a thought may come before what a constraint is about.</summary>
internal enum ThoughtPrefix
{
    /// <summary>No: the first token is part of the answer.</summary>
    None,

    /// <summary>One may, in its channel; nothing inside it is constrained.</summary>
    Allowed,

    /// <summary>The prompt has opened it: it must be closed first.</summary>
    Open,
}
