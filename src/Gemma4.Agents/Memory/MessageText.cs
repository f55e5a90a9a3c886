using Gemma4.Agents.Repair;
using Microsoft.Extensions.AI;

namespace Gemma4.Agents.Memory;

/// <summary>The text of a message with its calls and results.</summary>
internal static class MessageText
{
    public static string Of(ChatMessage message) => string.Join(' ', message.Contents.Select(Of).Where(text => text.Length > 0));

    private static string Of(AIContent content) => content switch
    {
        TextContent text => text.Text,
        FunctionCallContent call => CanonicalCall.Of(call),
        FunctionResultContent result => CanonicalCall.OfResult(result.Result),
        _ => "",
    };
}
