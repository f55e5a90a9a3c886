using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;

namespace Gemma4.Safety.Tools;

/// <summary>Arguments and results as JSON.</summary>
internal static class JsonValues
{
    public static JsonNode? ToNode(object? value) => value switch
    {
        null => null,
        JsonNode node => node.DeepClone(),
        JsonElement element => JsonSerializer.SerializeToNode(element, AIJsonUtilities.DefaultOptions.GetTypeInfo(typeof(JsonElement))),
        string text => JsonValue.Create(text),
        _ => JsonSerializer.SerializeToNode(value, AIJsonUtilities.DefaultOptions.GetTypeInfo(value.GetType())),
    };

    /// <summary>A text as it is, anything else as JSON.</summary>
    public static string ToText(object? value) =>
        ToNode(value) is not { } node ? "" : node.GetValueKind() == JsonValueKind.String ? node.GetValue<string>() : node.ToJsonString();

    public static object? FromNode(JsonNode? node) =>
        node is null ? null : JsonSerializer.SerializeToElement(node, AIJsonUtilities.DefaultOptions.GetTypeInfo(typeof(JsonNode)));
}
