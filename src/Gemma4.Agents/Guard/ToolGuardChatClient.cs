using System.Runtime.CompilerServices;
using Gemma4.Agents.Runs;
using Microsoft.Extensions.AI;

namespace Gemma4.Agents.Guard;

/// <summary>
/// Stands between a function-invoking stage and the model: mends calls before they run, answers those that cannot run
/// with what to correct, stops loops, and holds a run to its limits. It runs no tool itself, so it works under any tool
/// loop: that of Microsoft.Extensions.AI, of Semantic Kernel and of the Agent Framework.
/// </summary>
public sealed class ToolGuardChatClient : DelegatingChatClient
{
    /// <summary>
    /// The key under which stands why the tools were closed, in the additional properties of the last update, or of the
    /// response or its message, depending on how the stages outside fold updates. Absent when the tools were not closed.
    /// </summary>
    public const string StopReasonKey = "gemma4.agents.stop_reason";

    private readonly ToolGuardOptions _options;

    /// <summary>Makes a guard around a client.</summary>
    /// <param name="innerClient">The model, or the stages before it; it must not run tools itself.</param>
    /// <param name="options">The settings; null means the defaults.</param>
    /// <exception cref="ArgumentException">A setting is out of range.</exception>
    /// <exception cref="InvalidOperationException">The inner client runs tools itself, so their calls would not pass here.</exception>
    public ToolGuardChatClient(IChatClient innerClient, ToolGuardOptions? options = null)
        : base(innerClient)
    {
        _options = options ?? new ToolGuardOptions();
        _options.Validate();
        if (innerClient.GetService<FunctionInvokingChatClient>() is not null)
        {
            throw new InvalidOperationException(
                "The tool guard stands outside of UseFunctionInvocation and would see no call before it runs. Add UseToolGuard after UseFunctionInvocation.");
        }
    }

    /// <summary>Why the tools were closed; null when they were not.</summary>
    public static string? StopReasonOf(ChatResponse response)
    {
        ArgumentNullException.ThrowIfNull(response);
        return response.Messages.Select(message => message.AdditionalProperties).Append(response.AdditionalProperties)
            .Select(properties => properties?.TryGetValue(StopReasonKey, out object? reason) == true ? reason?.ToString() : null)
            .LastOrDefault(reason => reason is not null);
    }

    /// <inheritdoc/>
    public override Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        return RunAsync(messages, options, isStreaming: false, cancellationToken).ToChatResponseAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public override IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        return RunAsync(messages, options, isStreaming: true, cancellationToken);
    }

    private async IAsyncEnumerable<ChatResponseUpdate> RunAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options, bool isStreaming, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        List<ChatMessage> conversation = [.. messages];
        AITool[] tools = [.. options?.Tools ?? []];
        if (tools.Length == 0)
        {
            await foreach (ChatResponseUpdate update in InnerClient.UpdatesAsync(conversation, options, isStreaming, cancellationToken).ConfigureAwait(false))
            {
                yield return update;
            }

            yield break;
        }

        CallHistory history = new(conversation);
        AgentRun run = RunOf(tools, history);
        string? stop = history.Loop(_options.RepeatLimit) ?? run.Exhausted;
        for (int correction = 0; ; correction++)
        {
            GuardedAnswer answer = new(_options, run, tools, stop);
            await foreach (ChatResponseUpdate update in InnerClient.UpdatesAsync(
                stop is null ? conversation : Closed(conversation, stop),
                stop is null ? options : WithoutTools(options!),
                isStreaming,
                cancellationToken).ConfigureAwait(false))
            {
                foreach (ChatResponseUpdate passed in answer.Pass(update))
                {
                    yield return passed;
                }
            }

            foreach (ChatResponseUpdate last in answer.Finish())
            {
                yield return last;
            }

            if (stop is not null || !answer.IsAllRefused)
            {
                yield break;
            }

            // The refused calls and their answers stay in the conversation, so that the model sees what to correct.
            conversation.AddRange(answer.Messages);
            stop = run.Exhausted
                ?? (correction >= _options.MaxCorrections
                    ? FormattableString.Invariant($"{correction + 1} answers in a row held only calls that cannot run")
                    : new CallHistory(conversation).Loop(_options.RepeatLimit));
        }
    }

    private AgentRun RunOf(AITool[] tools, CallHistory history)
    {
        if (tools.Select(tool => tool.GetService<AgentRun>()).FirstOrDefault(found => found is not null) is { } carried)
        {
            return carried;
        }

        if (AgentRun.Current is { } current)
        {
            return current;
        }

        // A request of no run: what the conversation shows was used already. Tokens and time begin with this request.
        AgentRun run = new(_options.Limits, trace: null, _options.Time);
        for (int i = 0; i < history.Rounds; i++)
        {
            run.AddRound();
        }

        foreach ((FunctionCallContent call, int bytes) in history.Results)
        {
            run.TryTakeCall(call.Name);
            run.TryTakeResult(bytes);
        }

        return run;
    }

    private static List<ChatMessage> Closed(List<ChatMessage> conversation, string stop) =>
    [
        .. conversation,
        new ChatMessage(ChatRole.User, $"[The tools are closed: {stop}. Answer now with what is known, and say what could not be found out.]"),
    ];

    private static ChatOptions WithoutTools(ChatOptions options)
    {
        ChatOptions closed = options.Clone();
        closed.ToolMode = ChatToolMode.None;
        return closed;
    }
}
