using System.Text.Json;
using Gemma4.Safety.Policies;
using Microsoft.SemanticKernel;

namespace Gemma4.SemanticKernel;

/// <summary>
/// Asks a policy about the arguments and results of functions that a model calls. A kernel has no way to wait for a
/// person, so a call that would have to ask is blocked. What stands in the place of a call or result is for the model and
/// no refusal of the request.
/// </summary>
internal sealed class SafetyFunctionFilter(SafetyFilterPolicy policy) : IAutoFunctionInvocationFilter
{
    public async Task OnAutoFunctionInvocationAsync(AutoFunctionInvocationContext context, Func<AutoFunctionInvocationContext, Task> next)
    {
        foreach ((string name, object? value) in context.Arguments?.ToArray() ?? [])
        {
            SafetyVerdict verdict = await JudgeAsync(value, SafetyStage.ToolArguments, context).ConfigureAwait(false);
            if (verdict.Action >= SafetyAction.Ask)
            {
                context.Result = new FunctionResult(context.Function, $"The safety policy blocked this call (rule {verdict.Decisive!.Value.Rule}). The function was not called.");
                return;
            }

            if (verdict.Action >= SafetyAction.Redact)
            {
                context.Arguments![name] = verdict.Text;
            }
        }

        await next(context).ConfigureAwait(false);
        SafetyVerdict result = await JudgeAsync(context.Result.GetValue<object>(), SafetyStage.ToolResult, context).ConfigureAwait(false);
        if (result.Action == SafetyAction.Refuse)
        {
            context.Result = new FunctionResult(context.Result, $"[withheld by the safety policy: {result.Decisive!.Value.Rule}]");
        }
        else if (result.Action >= SafetyAction.Redact)
        {
            context.Result = new FunctionResult(context.Result, result.Text);
        }
    }

    private ValueTask<SafetyVerdict> JudgeAsync(object? value, SafetyStage stage, AutoFunctionInvocationContext context)
    {
        string text = value switch
        {
            null => "",
            string plain => plain,
            JsonElement json => json.ToString(),
            _ => FunctionOutput.Of(value, context.Function.JsonSerializerOptions).Text,
        };
        return policy.EvaluateAsync(text, stage, context.CancellationToken);
    }
}
