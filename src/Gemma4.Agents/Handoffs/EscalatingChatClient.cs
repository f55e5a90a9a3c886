using System.Runtime.CompilerServices;
using Gemma4.Agents.Guard;
using Microsoft.Extensions.AI;

namespace Gemma4.Agents.Handoffs;

/// <summary>
/// Asks a second client when the first one's answer is no good. The answer is judged whole, so a stream begins only when
/// the first client has finished; what the first one's tools did is not undone.
/// </summary>
public sealed class EscalatingChatClient : DelegatingChatClient
{
    private readonly IChatClient _second;
    private readonly Func<ChatResponse, bool> _isGood;

    /// <summary>Makes the stage.</summary>
    /// <param name="innerClient">The first client.</param>
    /// <param name="second">The client that is asked instead; it stays the caller's to dispose.</param>
    /// <param name="isGood">
    /// Judges an answer; null means that one is good that has text or open calls, was not cut off, and whose tools the guard
    /// did not close.
    /// </param>
    public EscalatingChatClient(IChatClient innerClient, IChatClient second, Func<ChatResponse, bool>? isGood = null)
        : base(innerClient)
    {
        ArgumentNullException.ThrowIfNull(second);
        _second = second;
        _isGood = isGood ?? IsGood;
    }

    /// <inheritdoc/>
    public override async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        List<ChatMessage> conversation = [.. messages];
        ChatResponse response = await base.GetResponseAsync(conversation, options, cancellationToken).ConfigureAwait(false);
        return _isGood(response) ? response : await _second.GetResponseAsync(conversation, options, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        List<ChatMessage> conversation = [.. messages];
        List<ChatResponseUpdate> first = await base.GetStreamingResponseAsync(conversation, options, cancellationToken).ToListAsync(cancellationToken).ConfigureAwait(false);
        IAsyncEnumerable<ChatResponseUpdate> updates = _isGood(first.ToChatResponse())
            ? first.ToAsyncEnumerable()
            : _second.GetStreamingResponseAsync(conversation, options, cancellationToken);
        await foreach (ChatResponseUpdate update in updates.ConfigureAwait(false))
        {
            yield return update;
        }
    }

    private static bool IsGood(ChatResponse response) =>
        response.FinishReason != ChatFinishReason.Length
        && ToolGuardChatClient.StopReasonOf(response) is null
        && (!string.IsNullOrWhiteSpace(response.Text) || response.Messages.LastOrDefault()?.Contents.OfType<FunctionCallContent>().Any() == true);
}
