using Microsoft.Extensions.AI;

namespace Gemma4.Cli.Chat;

/// <summary>Keeps the history and shows each answer while it comes.</summary>
internal sealed class Conversation(IChatClient client, ChatOptions options, IAnswerDisplay display)
{
    private readonly List<ChatMessage> _history = [];

    public void Clear() => _history.Clear();

    public async Task<ChatResponse> AskAsync(string question, CancellationToken cancellationToken)
    {
        var start = TimeProvider.System.GetTimestamp();
        _history.Add(new ChatMessage(ChatRole.User, question));
        var updates = new List<ChatResponseUpdate>();
        var end = AnswerEnd.Failed;
        try
        {
            await foreach (var update in client.GetStreamingResponseAsync(_history, options, cancellationToken).ConfigureAwait(false))
            {
                updates.Add(update);
                display.Show(update.Contents);
            }

            end = AnswerEnd.Complete;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            end = AnswerEnd.Interrupted;
            throw;
        }
        finally
        {
            if (end != AnswerEnd.Complete)
            {
                // What nobody read to its end is no part of the conversation.
                _history.RemoveAt(_history.Count - 1);
            }

            display.End(updates.ToChatResponse(), end, TimeProvider.System.GetElapsedTime(start));
        }

        _history.AddMessages(updates);
        return updates.ToChatResponse();
    }
}
