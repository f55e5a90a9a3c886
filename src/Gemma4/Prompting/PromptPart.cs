namespace Gemma4.Prompting;

/// <summary>One part of a message's content. <c>Text</c> is empty for media.</summary>
internal readonly record struct PromptPart(PromptPartKind Kind, string Text);
