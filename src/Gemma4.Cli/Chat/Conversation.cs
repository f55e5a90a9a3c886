using Microsoft.Extensions.AI;

namespace Gemma4.Cli.Chat;

/// <summary>Keeps the history and shows each answer while it comes.</summary>
internal sealed class Conversation(IChatClient client, ChatOptions options, ChatDisplay display)
{
    private readonly List<ChatMessage> _history = [];

    public void Clear() => _history.Clear();

    public async Task AskAsync(string question, CancellationToken cancellationToken)
    {
        var start = TimeProvider.System.GetTimestamp();
        _history.Add(new ChatMessage(ChatRole.User, question));
        var updates = new List<ChatResponseUpdate>();
        try
        {
            await foreach (var update in client.GetStreamingResponseAsync(_history, options, cancellationToken).ConfigureAwait(false))
            {
                updates.Add(update);
                display.Show(update.Contents);
            }
        }
        catch (OperationCanceledException)
        {
            // What nobody read to its end is no part of the conversation.
            _history.RemoveAt(_history.Count - 1);
            throw;
        }
        finally
        {
            display.End();
        }

        _history.AddMessages(updates);
        if (updates.LastOrDefault(update => update.FinishReason is not null)?.FinishReason == ChatFinishReason.Length)
        {
            display.Line("(cut off: the answer reached its token limit)", "grey");
        }

        display.Usage(updates.ToChatResponse().Usage, TimeProvider.System.GetElapsedTime(start));
    }
}
