using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Gemma4.Prompting;

/// <summary>
/// Reads Microsoft.Extensions.AI messages. A result inside an assistant message splits it: what follows is a message of
/// its own in the same model turn. Results in any role become tool messages.
/// </summary>
internal sealed class ChatMessageReader
{
    private readonly bool _canonical;
    private readonly List<PromptMessage> _read = [];
    private readonly StringBuilder _text = new();
    private readonly StringBuilder _reasoning = new();
    private readonly List<PromptCall> _calls = [];
    private PromptRole _role;
    private bool _hasParts;

    private ChatMessageReader(bool canonical) => _canonical = canonical;

    public static List<PromptMessage> Read(IEnumerable<ChatMessage> messages, bool canonical)
    {
        var reader = new ChatMessageReader(canonical);
        foreach (var message in messages)
        {
            ArgumentNullException.ThrowIfNull(message, nameof(messages));
            reader.ReadMessage(message);
        }

        return reader._read;
    }

    private static PromptRole Role(ChatRole role) => role.Value.ToUpperInvariant() switch
    {
        "SYSTEM" => PromptRole.System,
        "DEVELOPER" => PromptRole.Developer,
        "USER" => PromptRole.User,
        "ASSISTANT" => PromptRole.Model,
        "TOOL" => PromptRole.Tool,
        _ => throw new NotSupportedException(
            $"A message has the role '{role.Value}'. Gemma 4 knows system, developer, user, assistant and tool."),
    };

    private static NotSupportedException Refuse(AIContent? content) => content switch
    {
        DataContent data => Media($"DataContent of the type '{data.MediaType}'"),
        UriContent uri => Media($"UriContent of the type '{uri.MediaType}'"),
        _ => new NotSupportedException($"A message holds a {content?.GetType().Name ?? "null content"}, which has no "
            + "place in a Gemma 4 prompt. Supported are text, reasoning, function calls and function results."),
    };

    private static NotSupportedException Media(string what) => new(
        $"A message holds {what}. This library runs the text part of Gemma 4 only: images, audio and files cannot be "
        + "read. Describe the content in text, or extract its text first.");

    private void ReadMessage(ChatMessage message)
    {
        _role = Role(message.Role);
        var split = false;
        var answered = false;
        foreach (var content in message.Contents)
        {
            if (IsAnsweredApproval(content))
            {
                answered = true;
                continue;
            }

            if (content is FunctionResultContent result)
            {
                Flush();
                split = true;
                _read.Add(new PromptMessage(PromptRole.Tool)
                {
                    CallId = result.CallId,
                    Result = ReadResult(result),
                });
                continue;
            }

            ReadContent(content);
        }

        if (_hasParts || (!split && !answered && _role != PromptRole.Tool))
        {
            Flush(evenEmpty: true);
        }
    }

    // The function-calling stage leaves them in the history, beside the call and the result that they led to.
    private static bool IsAnsweredApproval(AIContent content) => content
        is ToolApprovalRequestContent { ToolCall: FunctionCallContent { InformationalOnly: true } }
        or ToolApprovalResponseContent { ToolCall: FunctionCallContent { InformationalOnly: true } };

    private void ReadContent(AIContent content)
    {
        switch (content)
        {
            case TextContent text:
                _text.Append(text.Text);
                _hasParts = true;
                break;
            case ErrorContent error:
                // Part of the visible history: what failed is for the model to know.
                _text.Append(error.Message);
                _hasParts = true;
                break;
            case TextReasoningContent reasoning when _role == PromptRole.Model:
                _reasoning.Append(reasoning.Text);
                _hasParts = true;
                break;
            case FunctionCallContent call when _role == PromptRole.Model:
                JsonElement? arguments = call.Arguments is null ? null : JsonValues.FromEntries(call.Arguments);
                _calls.Add(new PromptCall(call.CallId, call.Name, arguments));
                _hasParts = true;
                break;
            case TextReasoningContent or FunctionCallContent:
                throw new NotSupportedException($"A message of the role '{_role}' holds a {content.GetType().Name}. "
                    + "Only assistant messages can hold reasoning and calls.");
            case UsageContent:
                break;
            default:
                throw Refuse(content);
        }
    }

    private void Flush(bool evenEmpty = false)
    {
        if (_hasParts || evenEmpty)
        {
            _read.Add(_role == PromptRole.Tool ? ToolText() : Speech());
        }

        _text.Clear();
        _reasoning.Clear();
        _calls.Clear();
        _hasParts = false;
    }

    private PromptMessage Speech() => new(_role)
    {
        Content = [new PromptPart(PromptPartKind.Text, _text.ToString())],
        Reasoning = _reasoning.ToString(),
        Calls = [.. _calls],
    };

    /// <summary>Text in a tool message is a result without an id: it belongs to the first call still unanswered.</summary>
    private PromptMessage ToolText() => new(PromptRole.Tool)
    {
        Result = new PromptResult { Body = JsonValues.FromText(_text.ToString()) },
    };

    private PromptResult ReadResult(FunctionResultContent content)
    {
        var body = content.Result switch
        {
            AIContent part => JsonValues.FromText(ResultText(part)),
            IEnumerable<AIContent> parts => JsonValues.FromText(string.Concat(parts.Select(ResultText))),
            var value => JsonValues.From(value),
        };
        if (_canonical)
        {
            // The published template fails on objects and loses lists; its callers send them as JSON text.
            var isTree = body.ValueKind is JsonValueKind.Object or JsonValueKind.Array;
            return new PromptResult { Body = isTree ? JsonValues.FromText(body.GetRawText()) : body };
        }

        if (content.Exception is not { } exception)
        {
            return new PromptResult { Body = body };
        }

        // The function-calling stage decides in Result how much of a failure the model may see; the exception's own
        // message is only for results that say nothing.
        var text = body.ValueKind switch
        {
            JsonValueKind.Null or JsonValueKind.Undefined => exception.Message,
            JsonValueKind.String => body.GetString()!.Length > 0 ? body.GetString()! : exception.Message,
            _ => body.GetRawText(),
        };
        return new PromptResult { Body = JsonValues.FromText(text), IsError = true };
    }

    private static string ResultText(AIContent part) => part switch
    {
        TextContent text => text.Text,
        ErrorContent error => error.Message,
        _ => throw Refuse(part),
    };
}
