using System.Text.Json;

namespace Gemma4.Prompting;

/// <summary>A tool as the declaration writer needs it. <c>Response</c> is null where the tool states none.</summary>
internal sealed record PromptTool(string Name, string Description, JsonElement? Parameters, JsonElement? Response);
