using Gemma4.Safety.Pipeline;
using Gemma4.Safety.Policies;
using Gemma4.Safety.Tools;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;
using SK = Microsoft.SemanticKernel;

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
        RequestRun run = policy.Begin();
        run.Resume(LabelOf(context.ChatHistory, run.Policy.Tools), CallsBefore(context));
        CallVerdict verdict = await SafetyFilterPolicy.DecideAsync(run, context.Function, context.Arguments, context.ToolCallId, context.CancellationToken).ConfigureAwait(false);
        switch (verdict.Decision)
        {
            case ToolDecision.Run:
                break;
            case ToolDecision.DryRun:
                context.Result = new FunctionResult(context.Function, "The safety policy made this a dry run: the function was not called.");
                return;
            default:
                context.Result = new FunctionResult(context.Function, $"The safety policy blocked this call (rule {verdict.Rule}). The function was not called.");
                return;
        }

        JudgedCall? outer = policy.Judged;
        policy.Judged = new JudgedCall(context.Function, context.Arguments);
        try
        {
            await next(context).ConfigureAwait(false);
        }
        catch (Exception problem) when (!context.CancellationToken.IsCancellationRequested)
        {
            // The loop tells the model the message.
            if (await run.IsCleanAsync(problem, SafetyStage.ToolResult, context.CancellationToken).ConfigureAwait(false))
            {
                throw;
            }

            context.Result = new FunctionResult(context.Function, $"Error: the function failed with {problem.GetType().Name}; its message was withheld by the safety policy.");
            return;
        }
        finally
        {
            policy.Judged = outer;
        }

        FunctionOutput output = FunctionOutput.Of(context.Result.GetValue<object>(), context.Function.JsonSerializerOptions);
        JudgedOutput judged = await JudgedOutput.OfAsync(run, output, context.CancellationToken).ConfigureAwait(false);
        Spotlighting spotlighting = run.Policy.Tools.Spotlighting;
        if (spotlighting != Spotlighting.None && !judged.IsWithheld)
        {
            // The marks explain themselves: a filter must not write into the application's system message.
            string instruction = spotlighting == Spotlighting.Datamark ? SpotlightMarks.DatamarkInstruction : SpotlightMarks.Instruction;
            string text = JsonValues.ToText(judged.Value);
            context.Result = text.Length == 0 ? context.Result : new FunctionResult(context.Result, $"{instruction}\n{SpotlightMarks.Apply(text, spotlighting)}");
        }
        else if (judged.IsChanged)
        {
            context.Result = new FunctionResult(context.Result, judged.Value);
        }
    }

    /// <summary>Calls of this request before this one: those of the messages since the user's, and of its own message.</summary>
    private static int CallsBefore(AutoFunctionInvocationContext context)
    {
        int calls = context.FunctionSequenceIndex;
        for (int i = context.ChatHistory.Count - 1; i >= 0 && context.ChatHistory[i].Role != AuthorRole.User; i--)
        {
            ChatMessageContent message = context.ChatHistory[i];
            bool isOwn = ReferenceEquals(message, context.ChatMessageContent)
                || (context.ToolCallId is { } id && message.Items.OfType<SK.FunctionCallContent>().Any(call => call.Id == id));
            calls += isOwn ? 0 : message.Items.OfType<SK.FunctionCallContent>().Count();
        }

        return calls;
    }

    /// <summary>Results of tools make a conversation untrusted, unless the policy trusts the tool.</summary>
    private static IntegrityLabel LabelOf(ChatHistory history, ToolPolicy tools)
    {
        foreach (ChatMessageContent message in history)
        {
            SK.FunctionResultContent[] results = [.. message.Items.OfType<SK.FunctionResultContent>()];
            bool isTrusted = results.Length > 0 && results.All(result => result.FunctionName is { } name && tools.TrustedResults.Contains(FunctionNames.ForModel(result.PluginName, name)));
            if ((message.Role == AuthorRole.Tool || results.Length > 0) && !isTrusted)
            {
                return IntegrityLabel.Tool;
            }
        }

        return IntegrityLabel.User;
    }
}
