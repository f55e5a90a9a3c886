using Gemma4.Safety.Pipeline;
using Gemma4.Safety.Policies;
using Microsoft.Extensions.AI;

namespace Gemma4.Safety.Tools;

/// <summary>A function that runs only if the policy lets it, wherever in the pipeline it is called.</summary>
internal sealed class GuardedFunction(AIFunction function, RequestRun run) : DelegatingAIFunction(function)
{
    /// <summary>The result of a call that waits for a person. The model never reads it.</summary>
    public const string Waiting = "Waiting for approval.";

    protected override async ValueTask<object?> InvokeCoreAsync(AIFunctionArguments arguments, CancellationToken cancellationToken)
    {
        var context = FunctionInvokingChatClient.CurrentContext;
        var call = new FunctionCallContent(context?.CallContent.CallId ?? "", Name, new Dictionary<string, object?>(arguments));
        var verdict = await run.DecideAsync(call, isRun: true, cancellationToken).ConfigureAwait(false);
        switch (verdict.Decision)
        {
            case ToolDecision.Run:
                break;
            case ToolDecision.DryRun:
                return run.Noted(call.CallId, "The safety policy made this a dry run: the tool was not called.");
            case ToolDecision.Ask when context is not null:
                run.Wait(verdict);
                context.Terminate = true;
                return Waiting;
            default:
                return run.Noted(call.CallId, $"The safety policy blocked this call (rule {verdict.Rule}). The tool was not called.");
        }

        var passed = new AIFunctionArguments(arguments) { Services = arguments.Services, Context = arguments.Context };
        foreach (var (name, value) in verdict.Call.Arguments!)
        {
            passed[name] = value;
        }

        object? result;
        try
        {
            result = await base.InvokeCoreAsync(passed, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception problem) when (!cancellationToken.IsCancellationRequested)
        {
            // Function invocation may be set to tell the model the message, which then is a result like any other.
            if (await run.IsCleanAsync(problem, SafetyStage.ToolResult, cancellationToken).ConfigureAwait(false))
            {
                throw;
            }

            throw new InvalidOperationException($"The tool failed with {problem.GetType().Name}; its message was withheld by the safety policy.");
        }

        var seen = await run.ResultAsync(call.CallId, Name, result, cancellationToken).ConfigureAwait(false);
        if (run.Input.SpendValue(seen) is { } broken)
        {
            run.OverBudget(broken, SafetyStage.ToolResult);
            return run.Noted(call.CallId, $"[withheld by the safety policy: {broken}]");
        }

        return seen;
    }
}
