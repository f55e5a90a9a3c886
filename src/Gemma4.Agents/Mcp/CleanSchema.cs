using System.Text.Json;
using System.Text.Json.Nodes;

namespace Gemma4.Agents.Mcp;

/// <summary>A schema without hidden characters in its texts.</summary>
internal static class CleanSchema
{
    public static JsonElement Of(JsonElement schema) => JsonElement.Parse(Visit(JsonNode.Parse(schema.GetRawText()))?.ToJsonString() ?? "{}");

    private static JsonNode? Visit(JsonNode? node) => node switch
    {
        JsonObject members => new JsonObject(members.Select(member => KeyValuePair.Create(member.Key, Visit(member.Value)))),
        JsonArray items => new JsonArray([.. items.Select(Visit)]),
        JsonValue value when value.GetValueKind() == JsonValueKind.String => JsonValue.Create(HiddenCharacters.Strip(value.GetValue<string>())),
        _ => node?.DeepClone(),
    };
}
