using System.Text.Json;

namespace Gemma4.Prompting;

/// <summary>A tool call in a model message. <c>Arguments</c> is a JSON object, or null for none.</summary>
internal sealed record PromptCall(string? Id, string Name, JsonElement? Arguments);
