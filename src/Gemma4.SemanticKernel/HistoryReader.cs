using Microsoft.Extensions.AI;
using Microsoft.SemanticKernel;
using AI = Microsoft.Extensions.AI;
using SK = Microsoft.SemanticKernel;

namespace Gemma4.SemanticKernel;

/// <summary>Reads a chat history into messages for the client; every content is carried over or refused by name.</summary>
internal static class HistoryReader
{
    private const string UnknownMediaType = "application/octet-stream";

    public static List<ChatMessage> Read(IEnumerable<ChatMessageContent> history) => [.. history.Select(Read)];

    private static ChatMessage Read(ChatMessageContent message)
    {
        if (message is null)
        {
            throw new ArgumentException("The chat history holds null. Remove it.");
        }

        // Connectors give a tool message its result twice, as content and as text for display; one of them is enough.
        bool hasResults = message.Items.Any(item => item is SK.FunctionResultContent);
        IEnumerable<KernelContent> items = message.Items.Where(item => !hasResults || item is not SK.TextContent);
        return new ChatMessage(new ChatRole(message.Role.Label), [.. items.Select(Read)])
        {
            AuthorName = message.AuthorName,
            AdditionalProperties = message.Metadata is { Count: > 0 } metadata ? new(metadata) : null,
        };
    }

    private static AIContent Read(KernelContent item) => item switch
    {
        SK.TextContent text => new AI.TextContent(text.Text),
        ReasoningContent reasoning => new TextReasoningContent(reasoning.Text),
        SK.FunctionCallContent call => new AI.FunctionCallContent(call.Id ?? "", FunctionNames.ForModel(call.PluginName, call.FunctionName), call.Arguments),
        SK.FunctionResultContent result => new AI.FunctionResultContent(result.CallId ?? "", result.Result),
        BinaryContent binary when binary.DataUri is { } data => new DataContent(data, binary.MimeType),
        BinaryContent binary when binary.Uri is { } uri => new UriContent(uri, binary.MimeType ?? MediaTypeOf(binary)),
        BinaryContent binary => throw new NotSupportedException($"A {binary.GetType().Name} in the chat history has neither data nor a URI. Remove it."),
        _ => throw new NotSupportedException($"The chat history holds a {item?.GetType().Name ?? "null content"}. Supported are text, reasoning, function calls and function results; describe other content in text."),
    };

    private static string MediaTypeOf(BinaryContent binary) => binary switch
    {
        ImageContent => "image/*",
        AudioContent => "audio/*",
        _ => UnknownMediaType,
    };
}
