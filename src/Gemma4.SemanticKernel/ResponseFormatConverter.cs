using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.AI;

namespace Gemma4.SemanticKernel;

/// <summary>Reads and writes response formats as the kernel's other connectors spell them.</summary>
internal sealed class ResponseFormatConverter : JsonConverter<ChatResponseFormat>
{
    public static ChatResponseFormat From(object value) => value switch
    {
        ChatResponseFormat format => format,
        string text => Named(text),
        JsonElement { ValueKind: JsonValueKind.String } text => Named(text.GetString()!),
        JsonElement { ValueKind: JsonValueKind.Object } json => FromObject(json),
        Type type => ChatResponseFormat.ForJsonSchema(AIJsonUtilities.CreateJsonSchema(type), type.Name),
        _ => throw Unreadable(value.ToString()),
    };

    public override ChatResponseFormat Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        From(JsonElement.ParseValue(ref reader));

    public override void Write(Utf8JsonWriter writer, ChatResponseFormat value, JsonSerializerOptions options)
    {
        switch (value)
        {
            case ChatResponseFormatJson { Schema: { } schema }:
                schema.WriteTo(writer);
                break;
            case ChatResponseFormatJson:
                writer.WriteStringValue("json_object");
                break;
            case ChatResponseFormatText:
                writer.WriteStringValue("text");
                break;
            default:
                throw Unreadable(value.GetType().Name);
        }
    }

    private static ChatResponseFormat Named(string name) => name switch
    {
        "text" => ChatResponseFormat.Text,
        "json_object" => ChatResponseFormat.Json,
        _ => throw Unreadable(name),
    };

    // {"type":"json_schema","json_schema":{"name":..,"schema":..}} is an envelope; any other object is a schema itself.
    private static ChatResponseFormat FromObject(JsonElement json)
    {
        string? type = json.TryGetProperty("type", out JsonElement kind) && kind.ValueKind == JsonValueKind.String ? kind.GetString() : null;
        if (type is "text" or "json_object")
        {
            return Named(type);
        }

        if (type != "json_schema")
        {
            return ChatResponseFormat.ForJsonSchema(json.Clone());
        }

        return json.TryGetProperty("json_schema", out JsonElement envelope) && envelope.TryGetProperty("schema", out JsonElement schema)
            ? ChatResponseFormat.ForJsonSchema(schema.Clone(), envelope.TryGetProperty("name", out JsonElement name) ? name.GetString() : null)
            : throw Unreadable(json.GetRawText());
    }

    private static ArgumentException Unreadable(string? value) =>
        new($"The execution setting 'response_format' is '{value}'; it must be text, json_object or a JSON schema.");
}
