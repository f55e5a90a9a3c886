using Gemma4.Safety.Pipeline;
using Gemma4.Safety.Policies;
using Microsoft.SemanticKernel;

namespace Gemma4.SemanticKernel;

/// <summary>
/// Asks a policy about every rendered prompt. A refused prompt is not sent: the function's result is the refusal, or it
/// fails, as the options say. Only prompt functions render prompts; requests to a chat service need the safety stage in
/// the client's pipeline.
/// </summary>
internal sealed class SafetyPromptFilter(SafetyFilterPolicy policy) : IPromptRenderFilter
{
    public async Task OnPromptRenderAsync(PromptRenderContext context, Func<PromptRenderContext, Task> next)
    {
        await next(context).ConfigureAwait(false);
        if (context.RenderedPrompt is not { } prompt)
        {
            return;
        }

        SafetyVerdict verdict = await policy.EvaluateAsync(prompt, SafetyStage.Input, context.CancellationToken).ConfigureAwait(false);
        switch (verdict.Action)
        {
            case SafetyAction.Refuse:
                context.Result = Refused(context.Function, Refusal.Of(verdict.Decisive!.Value, SafetyStage.Input));
                break;
            case SafetyAction.Redact or SafetyAction.Replace:
                context.RenderedPrompt = verdict.Text;
                break;
            default:
                break;
        }
    }

    private FunctionResult Refused(KernelFunction function, Refusal refusal)
    {
        SafetyOptions options = policy.Options;
        return options.Refusals == RefusalMode.Exception
            ? throw refusal.ToException()
            : new FunctionResult(function, options.RefusalText)
            {
                Metadata = new Dictionary<string, object?>(refusal.Properties) { ["FinishReason"] = "content_filter" },
            };
    }
}
