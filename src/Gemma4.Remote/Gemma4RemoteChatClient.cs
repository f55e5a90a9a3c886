using System.ClientModel.Primitives;
using System.Runtime.CompilerServices;
using Gemma4.Remote.Endpoints;
using Gemma4.Remote.Requests;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using OpenAI;

namespace Gemma4.Remote;

/// <summary>
/// Gemma 4 behind one or more OpenAI-compatible servers (vLLM, SGLang, llama.cpp, Ollama, Vertex), with the surface of
/// the client that runs in process: the same tools, stages and options. Safe for concurrent use. The whole history is
/// sent with each request.
/// </summary>
/// <remarks>
/// What a server does with an option is up to the server: it is sent, and an error it answers with is thrown, but a
/// server may ignore what it does not know. Requests always stream; the response is the sum of the stream.
/// </remarks>
public sealed class Gemma4RemoteChatClient : IChatClient
{
    private const string ProviderName = "gemma4.remote";

    // Addresses behind a name change while a program runs.
    private static readonly TimeSpan ConnectionLifetime = TimeSpan.FromMinutes(5);

    private readonly Gemma4RemoteOptions _options;
    private readonly TimeProvider _timeProvider;
    private readonly ChatClientMetadata _metadata;
    private readonly HttpClient _http;
    private readonly EndpointFailover _endpoints;

    /// <summary>Creates a client. Nothing is sent yet.</summary>
    /// <param name="options">The servers and limits. Not to be changed afterwards.</param>
    /// <param name="loggerFactory">Where retries and changes of the server are logged; null for nowhere.</param>
    /// <param name="timeProvider">Clock for limits and pauses; null for the system's.</param>
    /// <exception cref="OptionsValidationException">An option is missing or out of range.</exception>
    public Gemma4RemoteChatClient(Gemma4RemoteOptions options, ILoggerFactory? loggerFactory = null, TimeProvider? timeProvider = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (new Gemma4RemoteOptionsValidator().Validate(null, options) is { Failed: true } result)
        {
            throw new OptionsValidationException(nameof(Gemma4RemoteOptions), typeof(Gemma4RemoteOptions), result.Failures);
        }

        _options = options;
        _timeProvider = timeProvider ?? TimeProvider.System;
        ILogger logger = (loggerFactory ?? NullLoggerFactory.Instance).CreateLogger<Gemma4RemoteChatClient>();
        _metadata = new ChatClientMetadata(ProviderName, options.Endpoints[0].Url, options.Model ?? options.Endpoints[0].Model);
        _http = new HttpClient(options.HandlerFactory?.Invoke() ?? new SocketsHttpHandler { PooledConnectionLifetime = ConnectionLifetime })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
        _endpoints = new EndpointFailover([.. options.Endpoints.Select(endpoint => Connect(endpoint, logger))], options, _timeProvider, logger);
    }

    /// <inheritdoc/>
    public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        (List<ChatMessage> history, ChatOptions request, bool withThoughts) = Prepare(messages, options);
        return AnswerAsync(history, request, withThoughts, cancellationToken);
    }

    /// <inheritdoc/>
    /// <exception cref="Gemma4RemoteException">No server answered, or one gave an answer that cannot be used; or time ran out.</exception>
    /// <exception cref="NotSupportedException">An option, tool or content cannot be sent, or the server does not support it.</exception>
    public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        (List<ChatMessage> history, ChatOptions request, bool withThoughts) = Prepare(messages, options);
        return StreamAsync(history, request, withThoughts, cancellationToken);
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is not null ? null
            : serviceType == typeof(ChatClientMetadata) ? _metadata
            : serviceType.IsInstanceOfType(this) ? this : null;
    }

    /// <summary>Closes the connections; running requests fail.</summary>
    public void Dispose()
    {
        _endpoints.Dispose();
        _http.Dispose();
    }

    private (List<ChatMessage> History, ChatOptions Request, bool WithThoughts) Prepare(IEnumerable<ChatMessage> messages, ChatOptions? options)
    {
        ArgumentNullException.ThrowIfNull(messages);
        return (OutgoingMessages.Check(messages), OutgoingOptions.For(options, _metadata.DefaultModelId!, _options.Thinking, this), options?.Reasoning?.Output is not ReasoningOutput.None);
    }

    private async Task<ChatResponse> AnswerAsync(List<ChatMessage> history, ChatOptions request, bool withThoughts, CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = new(_options.RequestTimeout, _timeProvider);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            // Whole responses are asked again even when a server breaks off in the middle: nobody has seen a part of them.
            ChatResponse response = await _endpoints.GetResponseAsync(history, request, either.Token).ConfigureAwait(false);
            if (!withThoughts)
            {
                foreach (ChatMessage message in response.Messages)
                {
                    message.Contents = [.. message.Contents.Where(content => content is not TextReasoningContent)];
                }
            }

            return response;
        }
        catch (OperationCanceledException late) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw OutOfTime(late);
        }
    }

    private async IAsyncEnumerable<ChatResponseUpdate> StreamAsync(List<ChatMessage> history, ChatOptions request, bool withThoughts, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = new(_options.RequestTimeout, _timeProvider);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        var updates = _endpoints.GetStreamingResponseAsync(history, request, either.Token).GetAsyncEnumerator(either.Token);
        await using var disposal = updates.ConfigureAwait(false);
        while (true)
        {
            try
            {
                if (!await updates.MoveNextAsync().ConfigureAwait(false))
                {
                    yield break;
                }
            }
            catch (OperationCanceledException late) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
            {
                throw OutOfTime(late);
            }

            ChatResponseUpdate update = updates.Current;
            if (!withThoughts)
            {
                update.Contents = [.. update.Contents.Where(content => content is not TextReasoningContent)];
            }

            yield return update;
        }
    }

    private Gemma4RemoteException OutOfTime(Exception cause) =>
        new($"The answer was not complete within {_options.RequestTimeout}. Raise Gemma4RemoteOptions.RequestTimeout, or ask for fewer tokens.", new TimeoutException("Out of time.", cause));

    private EndpointChatClient Connect(Gemma4RemoteEndpoint endpoint, ILogger logger)
    {
        Uri url = endpoint.Url!;
        if (url.Scheme == Uri.UriSchemeHttp && !url.IsLoopback && (endpoint.ApiKey is not null || endpoint.ApiKeyProvider is not null))
        {
            RemoteLog.PlainKey(logger, url);
        }

        OpenAIClientOptions settings = new()
        {
            Endpoint = url,
            Transport = new HttpClientPipelineTransport(_http),

            // Both are decided above the library, where it is known whether text was already shown.
            RetryPolicy = new ClientRetryPolicy(0),
            NetworkTimeout = Timeout.InfiniteTimeSpan,
        };
        settings.AddPolicy(new ResponseReleasePolicy(), PipelinePosition.PerCall);
        settings.AddPolicy(new ContentTypePolicy(url), PipelinePosition.PerCall);
        IChatClient client = new OpenAI.Chat.ChatClient(endpoint.Model ?? _options.Model, new EndpointKeyPolicy(endpoint), settings).AsIChatClient();
        return new EndpointChatClient(client, url, _options, _timeProvider);
    }
}
