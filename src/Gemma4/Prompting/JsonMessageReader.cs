using System.Text.Json;

namespace Gemma4.Prompting;

/// <summary>Reads messages and tools in the OpenAI form that the published template takes.</summary>
internal sealed class JsonMessageReader(bool canonical)
{
    public List<PromptMessage> ReadMessages(JsonElement messages)
    {
        if (messages.ValueKind != JsonValueKind.Array)
        {
            throw new ArgumentException($"The messages are {messages.ValueKind}, not a JSON array of message objects.",
                nameof(messages));
        }

        return [.. messages.EnumerateArray().Select(ReadMessage)];
    }

    public List<PromptTool> ReadTools(JsonElement? tools)
    {
        if (tools is not { ValueKind: not (JsonValueKind.Null or JsonValueKind.Undefined) } list)
        {
            return [];
        }

        if (list.ValueKind != JsonValueKind.Array)
        {
            throw new ArgumentException($"The tools are {list.ValueKind}, not a JSON array of function objects.",
                nameof(tools));
        }

        return [.. list.EnumerateArray().Select(ReadTool)];
    }

    private static JsonElement? Get(JsonElement value, string key) =>
        value.ValueKind == JsonValueKind.Object && value.TryGetProperty(key, out var found) ? found : null;

    private static string? GetText(JsonElement value, string key) => Get(value, key) switch
    {
        null or { ValueKind: JsonValueKind.Null } => null,
        { } found => PythonText.Display(found),
    };

    private static PromptPartKind? PartKind(JsonElement part) => GetText(part, "type") switch
    {
        "text" => PromptPartKind.Text,
        "image" or "image_url" => PromptPartKind.Image,
        "audio" or "input_audio" => PromptPartKind.Audio,
        "video" => PromptPartKind.Video,
        _ => null,
    };

    private static PromptRole Role(string? role) => role switch
    {
        "system" => PromptRole.System,
        "developer" => PromptRole.Developer,
        "user" => PromptRole.User,
        "assistant" or "model" => PromptRole.Model,
        "tool" => PromptRole.Tool,
        _ => throw new NotSupportedException(
            $"A message has the role '{role}'. Gemma 4 knows system, developer, user, assistant and tool."),
    };

    private PromptMessage ReadMessage(JsonElement message)
    {
        if (message.ValueKind != JsonValueKind.Object)
        {
            throw new ArgumentException($"A message is {message.ValueKind}, not a JSON object with a role.",
                nameof(message));
        }

        var role = Role(GetText(message, "role"));
        var content = Get(message, "content") ?? default;
        if (role == PromptRole.Tool)
        {
            return new PromptMessage(role)
            {
                CallId = GetText(message, "tool_call_id"),
                Name = GetText(message, "name"),
                Result = ReadResult(content),
            };
        }

        var read = new PromptMessage(role)
        {
            Content = ReadContent(content),
            ContentIsParts = content.ValueKind == JsonValueKind.Array,
        };
        if (role != PromptRole.Model)
        {
            return read;
        }

        var responses = ReadResponses(message);
        return read with
        {
            Reasoning = GetText(message, "reasoning") is { Length: > 0 } reasoning
                ? reasoning
                : GetText(message, "reasoning_content") ?? string.Empty,
            Calls = ReadCalls(message),
            Responses = responses,
            ContentFollowsResponses = responses.Count > 0,
        };
    }

    private static List<PromptPart> ReadContent(JsonElement content)
    {
        if (content.ValueKind != JsonValueKind.Array)
        {
            return content.ValueKind switch
            {
                JsonValueKind.String => [new PromptPart(PromptPartKind.Text, content.GetString()!)],
                JsonValueKind.Null or JsonValueKind.Undefined => [],
                _ => throw new ArgumentException(
                    $"A message's content is {content.ValueKind}; it must be a string, null or a list of parts.",
                    nameof(content)),
            };
        }

        var parts = new List<PromptPart>();
        foreach (var part in content.EnumerateArray())
        {
            // The template passes over part types it does not know.
            if (PartKind(part) is { } kind)
            {
                var text = kind == PromptPartKind.Text ? GetText(part, "text") : null;
                parts.Add(new PromptPart(kind, text ?? string.Empty));
            }
        }

        return parts;
    }

    private PromptResult ReadResult(JsonElement content)
    {
        if (content.ValueKind == JsonValueKind.Object && canonical)
        {
            throw new ArgumentException(
                "The content of a tool message is a JSON object, on which the published template fails. Pass objects "
                + "through 'tool_responses', or render without PromptOptions.Canonical.", nameof(content));
        }

        if (content.ValueKind != JsonValueKind.Array || (!canonical && !IsPartList(content)))
        {
            return new PromptResult { Body = content };
        }

        var text = string.Empty;
        var media = new List<PromptPartKind>();
        foreach (var part in content.EnumerateArray())
        {
            switch (PartKind(part))
            {
                case PromptPartKind.Text:
                    text += GetText(part, "text");
                    break;
                case { } kind:
                    media.Add(kind);
                    break;
                default:
                    break;
            }
        }

        return new PromptResult { Body = JsonValues.FromText(text), Media = media };
    }

    /// <summary>
    /// The template takes every list for content parts and so loses plain arrays. By default a list is one of parts
    /// only where each item is such a part.
    /// </summary>
    private static bool IsPartList(JsonElement list) =>
        list.GetArrayLength() > 0 && list.EnumerateArray().All(part => PartKind(part) is not null);

    private List<PromptCall> ReadCalls(JsonElement message)
    {
        var calls = new List<PromptCall>();
        if (Get(message, "tool_calls") is not { ValueKind: JsonValueKind.Array } list)
        {
            return calls;
        }

        foreach (var call in list.EnumerateArray())
        {
            var function = Get(call, "function") ?? default;
            var name = GetText(function, "name") ?? throw new ArgumentException(
                "A tool call has no function name. Each item of 'tool_calls' needs function.name.", nameof(message));
            calls.Add(new PromptCall(GetText(call, "id"), name, ReadArguments(name, Get(function, "arguments"))));
        }

        return calls;
    }

    private JsonElement? ReadArguments(string name, JsonElement? arguments)
    {
        if (arguments is { ValueKind: JsonValueKind.String } text)
        {
            if (canonical)
            {
                throw new ArgumentException($"The arguments of the call '{name}' are a string; the published template "
                    + "takes a JSON object. Parse the string first, or render without PromptOptions.Canonical.",
                    nameof(arguments));
            }

            // The OpenAI wire form: the object as a string.
            arguments = text.GetString()!.Length == 0 ? null : JsonValues.TryParse(text.GetString()!) ?? text;
        }

        return arguments switch
        {
            null or { ValueKind: JsonValueKind.Null or JsonValueKind.Undefined } => null,
            { ValueKind: JsonValueKind.Object } => arguments,
            { } other => throw new ArgumentException(
                $"The arguments of the call '{name}' are {other.ValueKind}; they must be a JSON object or null.",
                nameof(arguments)),
        };
    }

    private static List<PromptResponse> ReadResponses(JsonElement message)
    {
        if (Get(message, "tool_responses") is not { ValueKind: JsonValueKind.Array } list)
        {
            return [];
        }

        return
        [
            .. list.EnumerateArray().Select(item => new PromptResponse(
                GetText(item, "name") ?? ToolResultMatcher.UnknownName,
                new PromptResult { Body = Get(item, "response") ?? default })),
        ];
    }

    private PromptTool ReadTool(JsonElement tool)
    {
        var function = Get(tool, "function") ?? default;
        var name = GetText(function, "name") ?? throw new NotSupportedException(
            $"A tool of the type '{GetText(tool, "type")}' has no function name. Only function tools can be declared: "
            + "{\"type\":\"function\",\"function\":{\"name\":...}}.");
        var description = Get(function, "description");
        var read = new PromptTool(
            name,
            description is { } text && (canonical || text.ValueKind != JsonValueKind.Null)
                ? PythonText.Display(text)
                : string.Empty,
            Get(function, "parameters"),
            Get(function, "response"));
        return canonical ? read : SchemaNormalizer.Normalize(read);
    }
}
