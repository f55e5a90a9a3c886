namespace Gemma4.Safety.Policies;

/// <summary>What a rule does with what it finds, from the mildest to the strictest; the strictest of all rules wins.</summary>
public enum SafetyAction
{
    /// <summary>Nothing.</summary>
    Allow,

    /// <summary>The text stays; the finding is reported.</summary>
    Log,

    /// <summary>The found stretch gives way to a placeholder, in the way of <see cref="SafetyRule.Style"/>.</summary>
    Redact,

    /// <summary>
    /// The text gives way to <see cref="SafetyRule.Replacement"/>: all of it, or of a model's answer what stands from the
    /// finding on.
    /// </summary>
    Replace,

    /// <summary>The tool call waits for a person. For tool arguments only.</summary>
    Ask,

    /// <summary>
    /// Input and output end in a refusal; a tool call is not run; a tool result or document is withheld from the model.
    /// </summary>
    Refuse,
}
