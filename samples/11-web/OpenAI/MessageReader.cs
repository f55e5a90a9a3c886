using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Gemma4.Web.OpenAI;

/// <summary>Reads the messages of a request.</summary>
internal static class MessageReader
{
    private static readonly ChatRole Developer = new("developer");

    public static List<ChatMessage> Read(RequestObject request)
    {
        HashSet<string> calls = new(StringComparer.Ordinal);
        List<ChatMessage> messages = [];
        foreach ((JsonElement value, string path) in request.List("messages") ?? throw ApiException.Missing("messages"))
        {
            messages.Add(ReadMessage(new RequestObject(value, path)));
            foreach (AIContent content in messages[^1].Contents)
            {
                if (content is FunctionCallContent call)
                {
                    calls.Add(call.CallId);
                }
                else if (content is FunctionResultContent result && !calls.Contains(result.CallId))
                {
                    throw ApiException.Invalid($"{path}.tool_call_id", $"no message before it makes a call '{result.CallId}'.");
                }
            }
        }

        return messages.Count > 0 ? messages : throw ApiException.Invalid("messages", "at least one message is needed.");
    }

    private static ChatMessage ReadMessage(RequestObject message)
    {
        string role = message.RequiredText("role");
        ChatMessage result = role switch
        {
            "system" => new ChatMessage(ChatRole.System, TextOf(message)),
            "developer" => new ChatMessage(Developer, TextOf(message)),
            "user" => new ChatMessage(ChatRole.User, TextOf(message)),
            "assistant" => new ChatMessage(ChatRole.Assistant, AssistantContents(message)),
            "tool" => new ChatMessage(ChatRole.Tool, [new FunctionResultContent(message.RequiredText("tool_call_id"), string.Concat(TextOf(message).OfType<TextContent>().Select(part => part.Text)))]),
            _ => throw ApiException.Invalid(message.PathOf("role"), $"'{role}' is not one of system, developer, user, assistant and tool."),
        };
        result.AuthorName = message.Text("name");
        message.RefuseTheRest();
        return result;
    }

    private static List<AIContent> AssistantContents(RequestObject message)
    {
        List<AIContent> contents = [];
        if (message.Text("reasoning_content") is { Length: > 0 } thought)
        {
            contents.Add(new TextReasoningContent(thought));
        }

        contents.AddRange(TextOf(message, isRequired: false));
        if (message.Text("refusal") is { Length: > 0 } refusal)
        {
            contents.Add(new TextContent(refusal));
        }

        foreach ((JsonElement value, string path) in message.List("tool_calls") ?? [])
        {
            contents.Add(CallOf(new RequestObject(value, path)));
        }

        return contents;
    }

    private static FunctionCallContent CallOf(RequestObject call)
    {
        string id = call.RequiredText("id");
        call.Only("type", type => type.ValueEquals("function"), "Only function calls are known.");
        RequestObject function = call.RequiredObject("function");
        string name = function.RequiredText("name");
        string arguments = function.Text("arguments") ?? "";
        function.RefuseTheRest();
        call.RefuseTheRest();
        try
        {
            return new FunctionCallContent(id, name, arguments.Length == 0 ? [] : JsonSerializer.Deserialize<Dictionary<string, object?>>(arguments, AIJsonUtilities.DefaultOptions));
        }
        catch (JsonException)
        {
            throw ApiException.Invalid(function.PathOf("arguments"), "it must be a JSON object, written as a string.");
        }
    }

    private static List<AIContent> TextOf(RequestObject message, bool isRequired = true)
    {
        if (message.Member("content") is not { } content)
        {
            return isRequired ? throw ApiException.Missing(message.PathOf("content")) : [];
        }

        if (content.ValueKind == JsonValueKind.String)
        {
            return [new TextContent(content.GetString())];
        }

        if (content.ValueKind != JsonValueKind.Array)
        {
            throw ApiException.Invalid(message.PathOf("content"), "it must be a string or an array of parts.");
        }

        List<AIContent> parts = [];
        foreach ((JsonElement value, string path) in message.List("content")!)
        {
            RequestObject part = new(value, path);
            string type = part.RequiredText("type");
            parts.Add(type == "text" ? new TextContent(part.RequiredText("text")) : throw ApiException.Unsupported(part.PathOf("type"), $"'{type}' cannot be read by this model; send text."));
            part.RefuseTheRest();
        }

        return parts;
    }
}
