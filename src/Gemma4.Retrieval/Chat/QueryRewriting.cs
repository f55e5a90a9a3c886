using Microsoft.Extensions.AI;

namespace Gemma4.Retrieval.Chat;

/// <summary>Ways from a conversation to search queries.</summary>
public static class QueryRewriting
{
    /// <summary>The last user message as it is.</summary>
    public static Task<IReadOnlyList<string>> LastUserMessageAsync(IReadOnlyList<ChatMessage> messages, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(messages);
        string text = messages.LastOrDefault(message => message.Role == ChatRole.User)?.Text ?? "";
        return Task.FromResult<IReadOnlyList<string>>(text.Length > 0 ? [text] : []);
    }

    /// <summary>The last user messages joined, so that "and in Rome?" keeps its subject. Needs no model.</summary>
    /// <param name="count">How many messages; at least 1.</param>
    public static Func<IReadOnlyList<ChatMessage>, CancellationToken, Task<IReadOnlyList<string>>> LastUserMessages(int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        return (messages, _) =>
        {
            string text = string.Join('\n', messages.Where(message => message.Role == ChatRole.User).TakeLast(count).Select(message => message.Text));
            return Task.FromResult<IReadOnlyList<string>>(string.IsNullOrWhiteSpace(text) ? [] : [text]);
        };
    }

    /// <summary>Asks a model for questions that stand on their own, beside the last message itself.</summary>
    /// <param name="client">The model; not the client that retrieval is a stage of.</param>
    /// <param name="count">How many more questions; at least 1.</param>
    public static Func<IReadOnlyList<ChatMessage>, CancellationToken, Task<IReadOnlyList<string>>> MultiQuery(IChatClient client, int count = 3)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        return async (messages, cancellationToken) =>
        {
            IReadOnlyList<string> own = await LastUserMessageAsync(messages, cancellationToken).ConfigureAwait(false);
            if (own.Count == 0)
            {
                return own;
            }

            ChatMessage request = new(ChatRole.User, $"Write {count} search questions that find the answer to my last message. Each stands on its own, one per line, nothing else.");
            ChatResponse response = await client.GetResponseAsync([.. messages, request], cancellationToken: cancellationToken).ConfigureAwait(false);
            IEnumerable<string> more = response.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
                .Select(line => line.TrimStart('-', '*', '.', ')', ' ', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9'));
            return [.. own.Concat(more.Where(line => line.Length > 0).Take(count)).Distinct(StringComparer.OrdinalIgnoreCase)];
        };
    }
}
