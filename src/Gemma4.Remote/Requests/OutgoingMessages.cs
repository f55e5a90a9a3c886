using Microsoft.Extensions.AI;

namespace Gemma4.Remote.Requests;

/// <summary>Checks that everything in a history can be sent; what the OpenAI adapter does not know it would leave out.</summary>
internal static class OutgoingMessages
{
    public static List<ChatMessage> Check(IEnumerable<ChatMessage> messages)
    {
        List<ChatMessage> history = [.. messages];
        if (history.Contains(null!))
        {
            throw new ArgumentException("The message list holds null. Remove it.", nameof(messages));
        }

        if (history.Count == 0)
        {
            throw new ArgumentException("The message list is empty. Send at least one message.", nameof(messages));
        }

        foreach (AIContent content in history.SelectMany(message => message.Contents))
        {
            if (!CanBeSent(content))
            {
                throw new NotSupportedException($"A {content.GetType().Name}{(content is DataContent data ? $" of type {data.MediaType}" : "")} cannot be sent to an OpenAI-compatible server. Send text, images, WAV, MP3 or PDF.");
            }
        }

        return history;
    }

    // Thoughts stay behind on purpose: a chat template wants earlier turns without them.
    private static bool CanBeSent(AIContent content) => content switch
    {
        TextContent or TextReasoningContent or FunctionCallContent or FunctionResultContent or UsageContent or ErrorContent or UriContent or HostedFileContent => true,
        DataContent data => data.HasTopLevelMediaType("image") || data.MediaType is "audio/wav" or "audio/mpeg" || data.MediaType.StartsWith("application/pdf", StringComparison.OrdinalIgnoreCase),
        _ => false,
    };
}
