using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using OpenAI.Chat;

namespace Gemma4.Remote.Endpoints;

/// <summary>
/// One server: the time until its first token is limited, what it says about itself is made uniform, and every failure
/// becomes one kind of exception. The response is the sum of the stream.
/// </summary>
internal sealed class EndpointChatClient(IChatClient inner, Uri endpoint, Gemma4RemoteOptions options, TimeProvider timeProvider) : DelegatingChatClient(inner)
{
    public Uri Endpoint => endpoint;

    public override Task<ChatResponse> GetResponseAsync(IEnumerable<Microsoft.Extensions.AI.ChatMessage> messages, ChatOptions? chatOptions = null, CancellationToken cancellationToken = default) =>
        GetStreamingResponseAsync(messages, chatOptions, cancellationToken).ToChatResponseAsync(cancellationToken);

    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<Microsoft.Extensions.AI.ChatMessage> messages, ChatOptions? chatOptions = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using CancellationTokenSource firstToken = new(options.FirstTokenTimeout, timeProvider);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, firstToken.Token);
        bool hasOutput = false;
        bool isFinished = false;
        var updates = base.GetStreamingResponseAsync(messages, chatOptions, either.Token).GetAsyncEnumerator(either.Token);
        await using var disposal = updates.ConfigureAwait(false);
        try
        {
            while (true)
            {
                ChatResponseUpdate update;
                try
                {
                    if (!await updates.MoveNextAsync().ConfigureAwait(false))
                    {
                        break;
                    }

                    update = updates.Current;
                    MakeUniform(update);
                }
                catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
                {
                    throw firstToken.IsCancellationRequested
                        ? EndpointFailure.NoTokenInTime(endpoint, options.FirstTokenTimeout, failure)
                        : EndpointFailure.Describe(failure, endpoint, hasOutput, timeProvider.GetUtcNow());
                }
                catch (Exception failure) when (failure is not OperationCanceledException)
                {
                    // The connection often notices the cancellation first, with an error of its own.
                    throw new OperationCanceledException("The request was cancelled.", failure, cancellationToken);
                }

                isFinished |= update.FinishReason is not null;
                hasOutput |= update.Contents.Count > 0;

                // A call is collected and comes out whole at the end; its first piece shows that the model is at work.
                if (hasOutput || update.RawRepresentation is StreamingChatCompletionUpdate { ToolCallUpdates.Count: > 0 })
                {
                    firstToken.CancelAfter(Timeout.InfiniteTimeSpan);
                }

                // The opening event names only the role; held back, a server that breaks off after it can be asked again.
                if (hasOutput || isFinished)
                {
                    yield return update;
                }
            }
        }
        finally
        {
            // Read to its end, failed or left by the caller: the server is told in any case.
            await either.CancelAsync().ConfigureAwait(false);
        }

        if (!isFinished)
        {
            throw EndpointFailure.Broken(endpoint, hasOutput);
        }
    }

    private void MakeUniform(ChatResponseUpdate update)
    {
        update.Role ??= ChatRole.Assistant;
        update.ModelId ??= this.GetService<ChatClientMetadata>()?.DefaultModelId;
        for (int i = update.Contents.Count - 1; i >= 0; i--)
        {
            if (update.Contents[i] is TextContent { Text.Length: 0 } or TextReasoningContent { Text.Length: 0 })
            {
                update.Contents.RemoveAt(i);
            }
        }

        if (update.RawRepresentation is StreamingChatCompletionUpdate raw)
        {
            if (raw.Patch.Contains("$.error"u8))
            {
                raw.Patch.TryGetValue("$.error.message"u8, out string? message);
                throw EndpointFailure.InStream(endpoint, message, null);
            }

            // reasoning_content is read by the inner client; newer vLLM and Ollama call it reasoning. A server that sends
            // both sends the same thought twice.
            if (!update.Contents.Any(content => content is TextReasoningContent)
                && raw.Patch.TryGetValue("$.choices[0].delta.reasoning"u8, out string? thought) && !string.IsNullOrEmpty(thought))
            {
                update.Contents.Insert(0, new TextReasoningContent(thought));
            }
        }
    }
}
