using System.Text.Json;
using System.Text.Json.Nodes;
using Gemma4.Agents.Evaluation;
using Microsoft.Extensions.AI;

namespace Gemma4.Agents.Tests;

/// <summary>The leaderboard's questions and their gold calls.</summary>
internal static class Bfcl
{
    public static string? Folder { get; } = TestData.Shared is { } shared && Directory.Exists(Path.Combine(shared, "data", "bfcl"))
        ? Path.Combine(shared, "data", "bfcl")
        : null;

    public static IEnumerable<FunctionCallingQuestion> Questions => BfclDataSet.Categories.SelectMany(category => BfclDataSet.Read(Folder!, category));

    public static IEnumerable<FunctionCallContent> Gold(FunctionCallingQuestion question) =>
        question.Expected.Select((call, number) => Gold(call, question.Tools.First(tool => tool.Name == call.Name), number));

    /// <summary>The first right value of each parameter; what may be left out is left out.</summary>
    private static FunctionCallContent Gold(ExpectedCall call, AIFunctionDeclaration tool, int number)
    {
        string[] required = tool.JsonSchema.TryGetProperty("required", out JsonElement names) ? [.. names.EnumerateArray().Select(name => name.GetString()!)] : [];
        return new FunctionCallContent(
            FormattableString.Invariant($"call_{number}"),
            call.Name,
            call.Arguments
                .Where(argument => argument.Value.Any(value => !IsEmpty(value)) && (required.Contains(argument.Key) || !argument.Value.Any(IsEmpty)))
                .ToDictionary(argument => argument.Key, argument => (object?)JsonElement.Parse(Value(argument.Value.First(value => !IsEmpty(value)))!.ToJsonString())));
    }

    public static bool IsEmpty(JsonElement value) => value.ValueKind == JsonValueKind.String && value.GetString() == "";

    private static JsonNode? Value(JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                JsonObject members = [];
                foreach (JsonProperty member in value.EnumerateObject())
                {
                    if (member.Value.ValueKind != JsonValueKind.Array)
                    {
                        members[member.Name] = Value(member.Value);
                    }
                    else if (!member.Value.EnumerateArray().Any(IsEmpty))
                    {
                        members[member.Name] = Value(member.Value[0]);
                    }
                }

                return members;
            case JsonValueKind.Array:
                return new JsonArray([.. value.EnumerateArray().Select(Value)]);
            default:
                return JsonNode.Parse(value.GetRawText());
        }
    }
}
