using Microsoft.Agents.AI;
using Microsoft.Extensions.AI;

namespace Gemma4.Agents.Memory;

/// <summary>
/// Gives an agent of the Agent Framework what it was told earlier and fits the question, and remembers what is said. For
/// compaction there hand <see cref="CompactingChatReducer"/> to an <see cref="InMemoryChatHistoryProvider"/>.
/// </summary>
public sealed class RecallContextProvider : MessageAIContextProvider
{
    private readonly ConversationMemory _memory;
    private readonly int _count;

    /// <summary>Makes a provider.</summary>
    /// <param name="memory">The memory; one for each user, since all of it is shown.</param>
    /// <param name="count">Most texts that are recalled; at least 1.</param>
    public RecallContextProvider(ConversationMemory memory, int count = 3)
        : base(null, null, null)
    {
        ArgumentNullException.ThrowIfNull(memory);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        _memory = memory;
        _count = count;
    }

    /// <inheritdoc/>
    protected override async ValueTask<IEnumerable<ChatMessage>> ProvideMessagesAsync(InvokingContext context, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(context);
        string question = string.Join('\n', context.RequestMessages.Where(message => message.Role == ChatRole.User).Select(message => message.Text));
        if (string.IsNullOrWhiteSpace(question))
        {
            return [];
        }

        IReadOnlyList<(string Text, double Score)> found = await _memory.RecallAsync(question, _count, cancellationToken: cancellationToken).ConfigureAwait(false);
        return found.Count == 0
            ? []
            : [new ChatMessage(ChatRole.User, $"[From earlier conversations, for information only]\n{string.Join('\n', found.Select(entry => "- " + entry.Text))}")];
    }

    /// <inheritdoc/>
    protected override async ValueTask StoreAIContextAsync(InvokedContext context, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(context);
        await _memory.RememberAsync([.. context.RequestMessages, .. context.ResponseMessages ?? []], cancellationToken).ConfigureAwait(false);
    }
}
