using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Gemma4.Cli.Inspect;

/// <summary>Reads the tools of an input line.</summary>
internal static class ToolReading
{
    private static readonly JsonElement NoParameters = JsonElement.Parse("""{"type":"object","properties":{}}""");

    /// <summary>Takes a tool as {name, description, parameters} or wrapped as {"type":"function","function":{…}}.</summary>
    public static List<AIFunctionDeclaration> Tools(JsonElement line)
    {
        var tools = new List<AIFunctionDeclaration>();
        if (line.Optional("tools") is not { } list)
        {
            return tools;
        }

        if (list.ValueKind != JsonValueKind.Array)
        {
            throw new FormatException("\"tools\" is not an array.");
        }

        foreach (var item in list.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.Object)
            {
                throw new FormatException("\"tools\" holds something that is not an object.");
            }

            var tool = item.Optional("function") is { ValueKind: JsonValueKind.Object } function ? function : item;
            tools.Add(AIFunctionFactory.CreateDeclaration(
                tool.RequiredText("name"),
                tool.OptionalText("description"),
                (tool.Optional("parameters") ?? NoParameters).Clone()));
        }

        return tools;
    }
}
