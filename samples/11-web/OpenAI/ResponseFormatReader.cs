using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Gemma4.Web.OpenAI;

/// <summary>Reads what form the answer must have.</summary>
internal static class ResponseFormatReader
{
    public static ChatResponseFormat? Read(RequestObject request, out bool isStrict)
    {
        isStrict = false;
        if (request.Object("response_format") is not { } format)
        {
            return null;
        }

        string type = format.RequiredText("type");
        ChatResponseFormat result = type switch
        {
            "text" => ChatResponseFormat.Text,
            "json_object" => ChatResponseFormat.Json,
            "json_schema" => SchemaOf(format, out isStrict),
            _ => throw ApiException.Invalid(format.PathOf("type"), $"'{type}' is not one of text, json_object and json_schema."),
        };
        format.RefuseTheRest();
        return result;
    }

    private static ChatResponseFormatJson SchemaOf(RequestObject format, out bool isStrict)
    {
        RequestObject schema = format.RequiredObject("json_schema");
        string name = schema.RequiredText("name");
        string? description = schema.Text("description");
        isStrict = schema.Flag("strict") ?? false;
        JsonElement value = schema.Member("schema") is { ValueKind: JsonValueKind.Object } given
            ? given.Clone()
            : throw ApiException.Invalid(schema.PathOf("schema"), "it must be a JSON schema.");
        schema.RefuseTheRest();
        return ChatResponseFormat.ForJsonSchema(value, name, description);
    }
}
