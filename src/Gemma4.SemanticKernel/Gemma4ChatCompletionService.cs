using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;
using Microsoft.SemanticKernel.Services;
using Microsoft.SemanticKernel.TextGeneration;
using SK = Microsoft.SemanticKernel;

namespace Gemma4.SemanticKernel;

/// <summary>
/// Chat completion and text generation over a chat client, with the kernel's function calling around it: function
/// choice behaviors, filters and automatic invocation work as in the kernel's own connectors. Messages keep reasoning as
/// <see cref="ReasoningContent"/>, and their metadata holds <c>Id</c>, <c>ModelId</c>, <c>CreatedAt</c>,
/// <c>FinishReason</c> and <c>Usage</c> (of all requests of the tool loop together). A streamed answer has the same in
/// its last chunk. Safe for concurrent use.
/// </summary>
/// <remarks>
/// Calls that were run and their results are added to the chat history; the answer itself is not. Settings of any kind
/// are read with <see cref="Gemma4PromptExecutionSettings.FromExecutionSettings"/>.
/// </remarks>
public sealed class Gemma4ChatCompletionService : IChatCompletionService, ITextGenerationService
{
    private readonly IChatClient _client;
    private readonly ILogger _logger;

    /// <summary>Wraps a client, which stays the caller's to dispose.</summary>
    /// <param name="client">
    /// A <see cref="Gemma4ChatClient"/> or a pipeline around one. The client that <c>AddGemma4</c> registered may be
    /// given too: its stages are used, its function invocation is left out.
    /// </param>
    /// <param name="loggerFactory">Where to log; null for nowhere.</param>
    /// <exception cref="InvalidOperationException">The pipeline invokes functions itself.</exception>
    public Gemma4ChatCompletionService(IChatClient client, ILoggerFactory? loggerFactory = null)
    {
        ArgumentNullException.ThrowIfNull(client);
        // Only the registered client itself is unwrapped: around it there may be stages that must not be lost.
        _client = client is FunctionInvokingChatClient && client.GetService<ApplicationStages>() is { } stages ? stages : ApplicationStages.Check(client);
        _logger = (loggerFactory ?? NullLoggerFactory.Instance).CreateLogger<Gemma4ChatCompletionService>();
        Dictionary<string, object?> attributes = [];
        ChatClientMetadata? metadata = client.GetService<ChatClientMetadata>();
        if (metadata?.DefaultModelId is { } modelId)
        {
            attributes[AIServiceExtensions.ModelIdKey] = modelId;
        }

        if (metadata?.ProviderUri is { } uri)
        {
            attributes[AIServiceExtensions.EndpointKey] = uri.ToString();
        }

        Attributes = attributes;
    }

    /// <summary>The model id, under the name that the kernel's service selection looks for.</summary>
    public IReadOnlyDictionary<string, object?> Attributes { get; }

    /// <inheritdoc/>
    /// <exception cref="NotSupportedException">A setting or content cannot be honoured; the message names it.</exception>
    public async Task<IReadOnlyList<ChatMessageContent>> GetChatMessageContentsAsync(
        ChatHistory chatHistory, PromptExecutionSettings? executionSettings = null, Kernel? kernel = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(chatHistory);
        ChatRun run = new(_client, chatHistory, executionSettings, kernel, isStreaming: false, _logger);
        await foreach (StreamingChatMessageContent _ in run.ChunksAsync(cancellationToken).ConfigureAwait(false))
        {
            // The run keeps the result.
        }

        return [run.Result!];
    }

    /// <inheritdoc/>
    /// <exception cref="NotSupportedException">A setting or content cannot be honoured; the message names it.</exception>
    public IAsyncEnumerable<StreamingChatMessageContent> GetStreamingChatMessageContentsAsync(
        ChatHistory chatHistory, PromptExecutionSettings? executionSettings = null, Kernel? kernel = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(chatHistory);
        return new ChatRun(_client, chatHistory, executionSettings, kernel, isStreaming: true, _logger).ChunksAsync(cancellationToken);
    }

    /// <inheritdoc/>
    /// <remarks>The prompt is a user message.</remarks>
    public async Task<IReadOnlyList<SK.TextContent>> GetTextContentsAsync(
        string prompt, PromptExecutionSettings? executionSettings = null, Kernel? kernel = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        IReadOnlyList<ChatMessageContent> messages = await GetChatMessageContentsAsync(HistoryOf(prompt), executionSettings, kernel, cancellationToken).ConfigureAwait(false);
        return [.. messages.Select(message => new SK.TextContent(message.Content, message.ModelId, message.InnerContent, message.Encoding, message.Metadata))];
    }

    /// <inheritdoc/>
    /// <remarks>The prompt is a user message.</remarks>
    public IAsyncEnumerable<StreamingTextContent> GetStreamingTextContentsAsync(
        string prompt, PromptExecutionSettings? executionSettings = null, Kernel? kernel = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        return GetStreamingChatMessageContentsAsync(HistoryOf(prompt), executionSettings, kernel, cancellationToken)
            .Select(chunk => new StreamingTextContent(chunk.Content, chunk.ChoiceIndex, chunk.ModelId, chunk.InnerContent, chunk.Encoding, chunk.Metadata));
    }

    private static ChatHistory HistoryOf(string prompt)
    {
        ChatHistory history = [];
        history.AddUserMessage(prompt);
        return history;
    }
}
