using Gemma4.Safety.Pipeline;
using Gemma4.Safety.Policies;
using Gemma4.Safety.Tools;
using Microsoft.SemanticKernel;

namespace Gemma4.SemanticKernel;

/// <summary>
/// Asks a policy about the arguments and results of functions that the application invokes itself, calls of a model that
/// it runs by hand included. A call that the automatic invocation judged is not judged again, and prompt functions are not
/// judged here: their prompt is by <see cref="SafetyPromptFilter"/>.
/// </summary>
internal sealed class SafetyInvocationFilter(SafetyFilterPolicy policy) : IFunctionInvocationFilter
{
    public async Task OnFunctionInvocationAsync(FunctionInvocationContext context, Func<FunctionInvocationContext, Task> next)
    {
        // Only prompt functions have settings of a model.
        if (policy.Judged?.Take(context.Function, context.Arguments) == true || context.Function.ExecutionSettings is not null)
        {
            await next(context).ConfigureAwait(false);
            return;
        }

        RequestRun run = policy.Begin();
        CallVerdict verdict = await SafetyFilterPolicy.DecideAsync(run, context.Function, context.Arguments, callId: null, context.CancellationToken).ConfigureAwait(false);
        if (verdict.Decision != ToolDecision.Run)
        {
            string notice = verdict.Decision == ToolDecision.DryRun
                ? "The safety policy made this a dry run: the function was not called."
                : $"The safety policy blocked this call (rule {verdict.Rule}). The function was not called.";
            context.Result = Refused(context, notice, new Refusal(verdict.Rule, SafetyStage.ToolArguments, verdict.Category, verdict.Score));
            return;
        }

        try
        {
            await next(context).ConfigureAwait(false);
        }
        catch (Exception problem) when (!context.CancellationToken.IsCancellationRequested && problem is not SafetyRefusalException)
        {
            // The application may show the message, or hand it to the model as the call's result.
            if (await run.IsCleanAsync(problem, SafetyStage.ToolResult, context.CancellationToken).ConfigureAwait(false))
            {
                throw;
            }

            throw new KernelException($"The function '{context.Function.Name}' failed with {problem.GetType().Name}; its message was withheld by the safety policy.");
        }

        if (context.IsStreaming)
        {
            context.Result = JudgedStream.Around(run, context.Result, context.Function);
            return;
        }

        object? value = context.Result.GetValue<object>();
        if (!FunctionOutput.TryOf(value, context.Function.JsonSerializerOptions, out FunctionOutput output))
        {
            output = new FunctionOutput(value!.ToString() ?? "", value.ToString() ?? "");
        }

        JudgedOutput judged = await JudgedOutput.OfAsync(run, output, context.CancellationToken).ConfigureAwait(false);
        if (judged.Refusal is { } refusal)
        {
            context.Result = Refused(context, JsonValues.ToText(judged.Value), refusal);
        }
        else if (judged.IsChanged)
        {
            context.Result = new FunctionResult(context.Result, judged.Value);
        }
    }

    // A stream has a type of its own and cannot hold a notice.
    private FunctionResult Refused(FunctionInvocationContext context, string notice, Refusal refusal) =>
        context.IsStreaming || policy.Options.Refusals == RefusalMode.Exception
            ? throw refusal.ToException()
            : new FunctionResult(context.Function, notice, context.Result.Culture, new Dictionary<string, object?>(refusal.Properties));
}
