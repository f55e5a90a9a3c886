using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace Gemma4.Agents;

/// <summary>Asks a client in the way that the caller chose, with one shape of answer for both.</summary>
internal static class ChatClientUpdates
{
    public static IAsyncEnumerable<ChatResponseUpdate> UpdatesAsync(
        this IChatClient client, List<ChatMessage> messages, ChatOptions? options, bool isStreaming, CancellationToken cancellationToken) =>
        isStreaming ? client.GetStreamingResponseAsync(messages, options, cancellationToken) : WholeAsync(client, messages, options, cancellationToken);

    private static async IAsyncEnumerable<ChatResponseUpdate> WholeAsync(
        IChatClient client, List<ChatMessage> messages, ChatOptions? options, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ChatResponse response = await client.GetResponseAsync(messages, options, cancellationToken).ConfigureAwait(false);
        foreach (ChatResponseUpdate update in response.ToChatResponseUpdates())
        {
            yield return update;
        }
    }
}
