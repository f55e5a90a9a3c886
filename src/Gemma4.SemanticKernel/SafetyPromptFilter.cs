using Gemma4.Safety;
using Gemma4.Safety.Policies;
using Microsoft.SemanticKernel;

namespace Gemma4.SemanticKernel;

/// <summary>
/// Asks a policy about every rendered prompt. A refused prompt is not sent: the function's result is the refusal. Only
/// prompt functions render prompts; requests to a chat service need the safety stage in the client's pipeline.
/// </summary>
internal sealed class SafetyPromptFilter(SafetyEvaluator evaluator, string? policy) : IPromptRenderFilter
{
    private const string RefusalText = "This request was stopped by the safety policy.";

    public async Task OnPromptRenderAsync(PromptRenderContext context, Func<PromptRenderContext, Task> next)
    {
        await next(context).ConfigureAwait(false);
        if (context.RenderedPrompt is not { } prompt)
        {
            return;
        }

        SafetyVerdict verdict = await evaluator.EvaluateAsync(prompt, SafetyStage.Input, policy, cancellationToken: context.CancellationToken).ConfigureAwait(false);
        switch (verdict.Action)
        {
            case SafetyAction.Refuse:
                context.Result = new FunctionResult(context.Function, RefusalText)
                {
                    Metadata = new Dictionary<string, object?>
                    {
                        ["FinishReason"] = "content_filter",
                        ["safety.rule"] = verdict.Decisive!.Value.Rule,
                        ["safety.category"] = verdict.Decisive.Value.Category.ToString(),
                        ["safety.score"] = verdict.Score,
                    },
                };
                break;
            case SafetyAction.Redact or SafetyAction.Replace:
                context.RenderedPrompt = verdict.Text;
                break;
            default:
                break;
        }
    }
}
