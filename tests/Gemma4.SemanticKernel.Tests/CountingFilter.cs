using Microsoft.SemanticKernel;

namespace Gemma4.SemanticKernel.Tests;

/// <summary>All three kinds of the kernel's filters, with what they saw in order.</summary>
internal sealed class CountingFilter : IPromptRenderFilter, IFunctionInvocationFilter, IAutoFunctionInvocationFilter
{
    public List<string> Seen { get; } = [];

    public List<AutoFunctionInvocationContext> Contexts { get; } = [];

    public bool Terminate { get; set; }

    public int Count(string kind) => Seen.Count(entry => entry.StartsWith(kind, StringComparison.Ordinal));

    public async Task OnPromptRenderAsync(PromptRenderContext context, Func<PromptRenderContext, Task> next)
    {
        Seen.Add("prompt");
        await next(context);
    }

    public async Task OnFunctionInvocationAsync(FunctionInvocationContext context, Func<FunctionInvocationContext, Task> next)
    {
        Seen.Add($"function {context.Function.Name}");
        await next(context);
    }

    public async Task OnAutoFunctionInvocationAsync(AutoFunctionInvocationContext context, Func<AutoFunctionInvocationContext, Task> next)
    {
        Seen.Add($"auto {context.Function.Name}");
        Contexts.Add(context);
        await next(context);
        context.Terminate = Terminate;
    }
}
