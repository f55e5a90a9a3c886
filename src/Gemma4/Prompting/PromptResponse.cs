namespace Gemma4.Prompting;

/// <summary>A result under the name of the tool it came from.</summary>
internal sealed record PromptResponse(string Name, PromptResult Result);
