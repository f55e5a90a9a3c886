using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace Gemma4.Testing;

/// <summary>
/// A chat client without a model: each call takes the next response from a queue and is recorded. It streams one update
/// per content; the response is the sum of the stream. Safe for concurrent use.
/// </summary>
public sealed class ScriptedChatClient : IChatClient
{
    private readonly Lock _gate = new();
    private readonly Queue<Func<ScriptedChatCall, IReadOnlyList<AIContent>>> _responses = new();
    private readonly List<ScriptedChatCall> _calls = [];
    private readonly ChatClientMetadata _metadata;
    private Func<ScriptedChatCall, IReadOnlyList<AIContent>>? _rule;
    private int _callIds;
    private bool _isDisposed;

    /// <summary>Makes a client without responses; add them with <see cref="Enqueue(AIContent[])"/>.</summary>
    /// <param name="modelId">The model id in metadata and updates; default <c>scripted</c>.</param>
    public ScriptedChatClient(string modelId = "scripted")
    {
        ArgumentException.ThrowIfNullOrEmpty(modelId);
        _metadata = new ChatClientMetadata("gemma4.scripted", providerUri: null, modelId);
    }

    /// <summary>The calls so far, oldest first; a copy.</summary>
    public IReadOnlyList<ScriptedChatCall> Calls
    {
        get
        {
            lock (_gate)
            {
                return [.. _calls];
            }
        }
    }

    /// <summary>Number of responses that no call has taken yet.</summary>
    public int RemainingCount
    {
        get
        {
            lock (_gate)
            {
                return _responses.Count;
            }
        }
    }

    /// <summary>
    /// Adds a response. It finishes with <see cref="ChatFinishReason.ToolCalls"/> when it holds a function call, else
    /// with <see cref="ChatFinishReason.Stop"/>.
    /// </summary>
    /// <param name="contents">The contents in the order of the stream; none is an empty answer.</param>
    /// <returns>This client.</returns>
    public ScriptedChatClient Enqueue(params AIContent[] contents)
    {
        ArgumentNullException.ThrowIfNull(contents);
        AIContent[] copy = [.. contents];
        return Add(_ => copy);
    }

    /// <summary>Adds a response that is one piece of text.</summary>
    /// <returns>This client.</returns>
    public ScriptedChatClient Enqueue(string text) => Enqueue(new TextContent(text));

    /// <summary>Adds a response that calls one tool. The call gets the next of the ids <c>call_1</c>, <c>call_2</c>, ...</summary>
    /// <param name="tool">The tool's name, right or wrong.</param>
    /// <param name="arguments">The arguments as name and value.</param>
    /// <returns>This client.</returns>
    public ScriptedChatClient EnqueueCall(string tool, params (string Name, object? Value)[] arguments)
    {
        ArgumentNullException.ThrowIfNull(tool);
        ArgumentNullException.ThrowIfNull(arguments);
        return Enqueue(new FunctionCallContent(NextCallId(), tool, arguments.ToDictionary(entry => entry.Name, entry => entry.Value)));
    }

    /// <summary>Adds one response that makes several calls, in order, with ids as <see cref="EnqueueCall"/> gives them.</summary>
    /// <param name="calls">Tools with their arguments.</param>
    /// <returns>This client.</returns>
    public ScriptedChatClient EnqueueCalls(params (string Tool, (string Name, object? Value)[] Arguments)[] calls)
    {
        ArgumentNullException.ThrowIfNull(calls);
        return Enqueue([.. calls.Select(call =>
            new FunctionCallContent(NextCallId(), call.Tool, call.Arguments.ToDictionary(entry => entry.Name, entry => entry.Value)))]);
    }

    /// <summary>Adds a response for each list of contents, such as the answers of a recorded run.</summary>
    /// <returns>This client.</returns>
    public ScriptedChatClient EnqueueAll(IEnumerable<IReadOnlyList<AIContent>> responses)
    {
        ArgumentNullException.ThrowIfNull(responses);
        foreach (var response in responses)
        {
            Enqueue([.. response]);
        }

        return this;
    }

    /// <summary>
    /// Answers every call for which no response is enqueued by a rule, for ever: a model that never stops calling, or one
    /// that looks at the tool results first.
    /// </summary>
    /// <param name="rule">Makes the contents of a response from what was asked.</param>
    /// <returns>This client.</returns>
    public ScriptedChatClient Otherwise(Func<ScriptedChatCall, IReadOnlyList<AIContent>> rule)
    {
        ArgumentNullException.ThrowIfNull(rule);
        lock (_gate)
        {
            _rule = rule;
        }

        return this;
    }

    /// <summary>Adds a call that fails when its stream is read.</summary>
    /// <returns>This client.</returns>
    public ScriptedChatClient EnqueueFailure(Exception exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        return Add(_ => throw exception);
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">No response is left.</exception>
    public Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        CancellationToken cancellationToken = default) =>
        GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">No response is left.</exception>
    public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        var call = new ScriptedChatCall([.. messages], options?.Clone());
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            _calls.Add(call);
            if (!_responses.TryDequeue(out var response) && (response = _rule) is null)
            {
                throw new InvalidOperationException(
                    FormattableString.Invariant($"Call {_calls.Count} came, and no scripted response is left. ")
                    + "Enqueue one more, or find out why the model is asked again.");
            }

            var responseId = FormattableString.Invariant($"scripted-{_calls.Count}");
            return StreamAsync(() => response(call), responseId, options?.ModelId ?? _metadata.DefaultModelId, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        if (serviceKey is not null)
        {
            return null;
        }

        return serviceType == typeof(ChatClientMetadata) ? _metadata
            : serviceType.IsInstanceOfType(this) ? this
            : null;
    }

    /// <summary>Closes the client; later calls throw <see cref="ObjectDisposedException"/>.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
        }
    }

    private static async IAsyncEnumerable<ChatResponseUpdate> StreamAsync(
        Func<IReadOnlyList<AIContent>> response,
        string responseId,
        string? modelId,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // A real client never answers before it returns; callers that rely on that should fail here too.
        await Task.Yield();
        cancellationToken.ThrowIfCancellationRequested();
        var contents = response();
        foreach (var content in contents)
        {
            yield return NewUpdate([content]);
            cancellationToken.ThrowIfCancellationRequested();
        }

        var last = NewUpdate([]);
        last.FinishReason = contents.Any(content => content is FunctionCallContent)
            ? ChatFinishReason.ToolCalls
            : ChatFinishReason.Stop;
        yield return last;

        ChatResponseUpdate NewUpdate(IList<AIContent> contents) => new(ChatRole.Assistant, contents)
        {
            ResponseId = responseId,
            MessageId = responseId,
            ModelId = modelId,
        };
    }

    private string NextCallId() => FormattableString.Invariant($"call_{Interlocked.Increment(ref _callIds)}");

    private ScriptedChatClient Add(Func<ScriptedChatCall, IReadOnlyList<AIContent>> response)
    {
        lock (_gate)
        {
            _responses.Enqueue(response);
        }

        return this;
    }
}
