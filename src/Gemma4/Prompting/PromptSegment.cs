namespace Gemma4.Prompting;

/// <summary>A piece of a prompt.</summary>
/// <param name="Text">The spelling of one control token, or plain text of any length but zero.</param>
/// <param name="IsControl">
/// True for a single control token. Plain text is tokenised without matching control tokens, whatever it spells.
/// </param>
public readonly record struct PromptSegment(string Text, bool IsControl);
