using System.Text;
using Gemma4.Agents.Repair;
using Gemma4.Agents.Runs;
using Gemma4.Agents.Tracing;
using Microsoft.Extensions.AI;

namespace Gemma4.Agents.Execution;

/// <summary>A tool with its policy: time limit, retry, one run of equal calls, cut result, and a place in a run.</summary>
internal sealed class GovernedFunction(AIFunction inner, ToolPolicy policy, ExecutionScope scope) : DelegatingAIFunction(inner)
{
    public override object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceKey is null && serviceType == typeof(AgentRun) ? scope.Run : base.GetService(serviceType, serviceKey);

    protected override async ValueTask<object?> InvokeCoreAsync(AIFunctionArguments arguments, CancellationToken cancellationToken)
    {
        // A tool loop may not carry the flow of the stage that began the run; what the tool starts belongs to it all the same.
        scope.Run.Enter();
        if (!policy.IsIdempotent)
        {
            return await RunAsync(arguments, cancellationToken).ConfigureAwait(false);
        }

        string key = CanonicalCall.Of(new FunctionCallContent("", Name, arguments.ToDictionary(entry => entry.Key, entry => entry.Value)));
        Task<object?> first = scope.Once(key, () => RunAsync(arguments, cancellationToken));
        try
        {
            return await first.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            scope.Forget(key); // A failure is no result to be given again.
            throw;
        }
    }

    private async Task<object?> RunAsync(AIFunctionArguments arguments, CancellationToken cancellationToken)
    {
        long started = scope.Options.Time.GetTimestamp();
        using IDisposable place = await scope.EnterAsync(cancellationToken).ConfigureAwait(false);
        object? result = await TryAsync(arguments, cancellationToken).ConfigureAwait(false);
        object? shaped = Shaped(result);
        scope.Run.Trace?.Add(new AgentStep(StepKind.Result)
        {
            Tool = Name,
            CallId = FunctionInvokingChatClient.CurrentContext?.CallContent.CallId,
            Text = CanonicalCall.OfResult(shaped),
            Milliseconds = scope.Options.Time.GetElapsedTime(started).TotalMilliseconds,
        });
        return shaped;
    }

    private async Task<object?> TryAsync(AIFunctionArguments arguments, CancellationToken cancellationToken)
    {
        TimeSpan delay = policy.RetryDelay;
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                return await LimitedAsync(arguments, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception exception) when (policy.IsIdempotent && attempt < policy.Retries && policy.IsTransient(exception))
            {
                await Task.Delay(delay, scope.Options.Time, cancellationToken).ConfigureAwait(false);
                delay *= 2;
            }
            catch (TimeoutException exception)
            {
                return $"Error: {exception.Message}";
            }
        }
    }

    private async Task<object?> LimitedAsync(AIFunctionArguments arguments, CancellationToken cancellationToken)
    {
        if (policy.TimeLimit is not { } limit)
        {
            return await base.InvokeCoreAsync(arguments, cancellationToken).ConfigureAwait(false);
        }

        using CancellationTokenSource timer = new(limit, scope.Options.Time);
        using CancellationTokenSource both = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        try
        {
            // A tool that ignores its token is left behind: its caller must not wait for it.
            return await base.InvokeCoreAsync(arguments, both.Token).AsTask().WaitAsync(both.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (timer.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException(FormattableString.Invariant($"'{Name}' took longer than {limit.TotalSeconds} seconds and was stopped."));
        }
    }

    private object? Shaped(object? result)
    {
        if (result is AIContent or IEnumerable<AIContent>)
        {
            return result; // Images and the like are no text to cut.
        }

        string text = CanonicalCall.OfResult(result);
        string cut = policy.ResultTokens is { } limit
            ? ResultShaper.Cut(text, limit, scope.Options.CountTokens, scope.Options.OfferMore && scope.Options.CountTokens(text) > limit ? scope.Results.Keep(text) : null)
            : text;
        if (!scope.Run.TryTakeResult(Encoding.UTF8.GetByteCount(cut)))
        {
            return FormattableString.Invariant($"[The result is left out: all {scope.Run.Limits.ResultBytes} bytes of tool results are used.]");
        }

        return ReferenceEquals(cut, text) ? result : cut;
    }
}
