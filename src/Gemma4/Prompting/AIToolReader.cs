using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Gemma4.Prompting;

/// <summary>Reads Microsoft.Extensions.AI tools.</summary>
internal static class AIToolReader
{
    public static List<PromptTool> Read(IEnumerable<AITool> tools, bool canonical)
    {
        var read = new List<PromptTool>();
        foreach (var tool in tools)
        {
            var function = tool as AIFunctionDeclaration ?? tool?.GetService<AIFunctionDeclaration>()
                ?? throw new NotSupportedException($"The tool '{tool?.Name}' ({tool?.GetType().Name ?? "null"}) is not "
                    + "a function. Gemma 4 can only call functions: pass an AIFunction or AIFunctionDeclaration.");
            read.Add(Read(function, canonical));
        }

        return read;
    }

    private static PromptTool Read(AIFunctionDeclaration function, bool canonical)
    {
        // The format shows a result schema only as a description beside type OBJECT. Without a description it would
        // cost tokens and say nothing.
        JsonElement? response = function.ReturnJsonSchema is { ValueKind: JsonValueKind.Object } schema
            && schema.TryGetProperty("description", out _)
                ? schema
                : null;
        var tool = new PromptTool(function.Name, function.Description ?? string.Empty, function.JsonSchema, null);
        return canonical ? tool : SchemaNormalizer.Normalize(tool with { Response = response });
    }
}
