namespace Gemma4.Safety.Policies;

/// <summary>What takes the place of a redacted stretch.</summary>
public enum RedactionStyle
{
    /// <summary>The entity's name: <c>&lt;EMAIL&gt;</c>.</summary>
    Label,

    /// <summary>Asterisks for letters and digits; up to four at the end stay.</summary>
    Mask,

    /// <summary>The entity's name and a keyed digest, equal for equal values: <c>&lt;EMAIL:1f0a...&gt;</c>. Needs <see cref="SafetyOptions.HashKey"/>.</summary>
    Hash,

    /// <summary>A numbered placeholder, <c>&lt;EMAIL_1&gt;</c>, that becomes the value again in answers and tool arguments.</summary>
    Pseudonym,
}
