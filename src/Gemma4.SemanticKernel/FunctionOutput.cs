using System.Text.Json;
using Microsoft.Extensions.AI;
using Microsoft.SemanticKernel;
using AI = Microsoft.Extensions.AI;

namespace Gemma4.SemanticKernel;

/// <summary>
/// What a function returned, for the model (objects stay objects: Gemma's notation has them) and as text for display.
/// </summary>
internal readonly record struct FunctionOutput(object Value, string Text)
{
    public static FunctionOutput Of(object? value, JsonSerializerOptions options) => value switch
    {
        null => new("", ""),
        string text => new(text, text),
        ChatMessageContent or KernelContent => Of(value.ToString(), options),
        IEnumerable<ChatMessageContent> messages => Of(string.Join(",", messages.Select(message => message.ToString())), options),
        AI.TextContent text => Of(text.Text, options),
        AIContent content => new(content, content.ToString() ?? ""),
        IEnumerable<AIContent> contents => OfContents([.. contents]),
        JsonElement { ValueKind: JsonValueKind.String } json => Of(json.GetString(), options),
        JsonElement json => OfJson(json),
        _ => OfObject(value, options),
    };

    /// <summary>As <see cref="Of"/>; false for a value that cannot be written as JSON.</summary>
    public static bool TryOf(object? value, JsonSerializerOptions options, out FunctionOutput output)
    {
        try
        {
            output = Of(value, options);
            return true;
        }
        catch (Exception problem) when (problem is NotSupportedException or JsonException or InvalidOperationException)
        {
            output = default;
            return false;
        }
    }

    private static FunctionOutput OfContents(List<AIContent> contents)
    {
        string text = string.Concat(contents.OfType<AI.TextContent>());
        return contents.All(content => content is AI.TextContent) ? new(text, text) : new(contents, text);
    }

    private static FunctionOutput OfObject(object value, JsonSerializerOptions options)
    {
        JsonElement json = JsonSerializer.SerializeToElement(value, options.GetTypeInfo(value.GetType()));
        // An enumeration or a date is a JSON string; inside a string the quotes would only be noise.
        return json.ValueKind == JsonValueKind.String ? new(json.GetString()!, json.GetString()!) : OfJson(json);
    }

    private static FunctionOutput OfJson(JsonElement json)
    {
        string text = CompactJson.Write(json);
        return new(JsonElement.Parse(text), text);
    }
}
