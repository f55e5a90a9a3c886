using System.Runtime.CompilerServices;
using Gemma4.Agents.Runs;
using Microsoft.Extensions.AI;

namespace Gemma4.Agents.Execution;

/// <summary>
/// Gives each request a run and its tools their policies, before a function-invoking stage inside runs them. Results
/// come in the order of the calls, however long each takes.
/// </summary>
public sealed class ToolExecutionChatClient : DelegatingChatClient
{
    private readonly ToolExecutionOptions _options;

    /// <summary>Makes the stage around a pipeline.</summary>
    /// <param name="innerClient">The pipeline; it should hold a <see cref="FunctionInvokingChatClient"/>.</param>
    /// <param name="options">The settings; null means the defaults.</param>
    /// <exception cref="ArgumentException">A setting is out of range.</exception>
    public ToolExecutionChatClient(IChatClient innerClient, ToolExecutionOptions? options = null)
        : base(innerClient)
    {
        _options = options ?? new ToolExecutionOptions();
        _options.Validate();
        if (innerClient.GetService<FunctionInvokingChatClient>() is { } loop)
        {
            // The limit is this stage's own; one after the other is a limit of 1.
            loop.AllowConcurrentInvocation = _options.MaxConcurrency > 1;
        }
    }

    /// <inheritdoc/>
    public override async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ExecutionScope scope = NewScope();
        return await base.GetResponseAsync(messages, Governed(options, scope), cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ExecutionScope scope = NewScope();
        await foreach (ChatResponseUpdate update in base.GetStreamingResponseAsync(messages, Governed(options, scope), cancellationToken).ConfigureAwait(false))
        {
            yield return update;
        }
    }

    // A request inside of a run belongs to it: the run is handed on by the tools, which the guard inside reads.
    private ExecutionScope NewScope() => new(_options, AgentRun.Current ?? new AgentRun(_options.Limits, trace: null, _options.Time));

    private ChatOptions? Governed(ChatOptions? options, ExecutionScope scope)
    {
        if (options?.Tools is not { Count: > 0 } tools)
        {
            return options;
        }

        ChatOptions governed = options.Clone();
        governed.Tools = [.. tools.Select(tool => tool is AIFunction function && function.GetService<GovernedFunction>() is null ? Govern(function, scope) : tool)];
        if (_options.OfferMore && _options.CanCut)
        {
            governed.Tools.Add(scope.Results.Tool());
        }

        return governed;
    }

    private AITool Govern(AIFunction function, ExecutionScope scope) =>
        // The mark that a call needs approval must stay outermost: the tool loop looks for it there.
        function is ApprovalRequiredAIFunction
            ? new ApprovalRequiredAIFunction(new GovernedFunction(function, _options.PolicyOf(function.Name), scope))
            : new GovernedFunction(function, _options.PolicyOf(function.Name), scope);
}
