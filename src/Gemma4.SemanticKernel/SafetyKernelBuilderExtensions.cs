using Gemma4.Safety;
using Gemma4.Safety.Policies;
using Gemma4.Safety.Tools;
using Gemma4.SemanticKernel;
using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.SemanticKernel;

/// <summary>Adds safety policies to a kernel.</summary>
public static class SafetyKernelBuilderExtensions
{
    /// <summary>
    /// Adds filters that ask a policy about rendered prompts and about the arguments and results of functions, whether a model
    /// calls them or the application invokes them. For kernels over other models; with
    /// <c>AddGemma4(..., pipeline: stages =&gt; stages.UseSafety())</c> the stage in the pipeline sees everything, answers and
    /// direct requests included. Pseudonyms are not restored by filters, and a call that a rule would ask about is blocked.
    /// A policy that sets <see cref="ToolPolicy.Ask"/>, the decision <see cref="ToolDecision.Ask"/> or <see cref="SafetyPolicy.Budget"/>
    /// is refused with an <see cref="InvalidOperationException"/> when the kernel is made, or with the next text after a changed
    /// configuration. Tools are named as the model sees them: <c>Plugin-Function</c>.
    /// </summary>
    /// <param name="builder">The kernel builder.</param>
    /// <param name="configure">Sets the options; null takes those of <c>AddSafety</c>, and without any the default policy.</param>
    /// <param name="policy">The policy's name; null for the default one.</param>
    /// <returns>The builder.</returns>
    public static IKernelBuilder AddSafetyFilters(this IKernelBuilder builder, Action<SafetyOptions>? configure = null, string? policy = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        if (configure is not null || !builder.Services.Any(descriptor => descriptor.ServiceType == typeof(SafetyEvaluator)))
        {
            builder.Services.AddSafety(configure ?? (static _ => { }));
        }

        // One for the three filters: a call is known to be judged by this policy, not by another registration's.
        object registration = new();
        builder.Services.AddKeyedSingleton(registration, (provider, _) => new SafetyFilterPolicy(provider.GetRequiredService<SafetyEvaluator>(), policy));
        builder.Services.AddSingleton<IPromptRenderFilter>(provider => new SafetyPromptFilter(Policy(provider)));
        builder.Services.AddSingleton<IAutoFunctionInvocationFilter>(provider => new SafetyFunctionFilter(Policy(provider)));
        builder.Services.AddSingleton<IFunctionInvocationFilter>(provider => new SafetyInvocationFilter(Policy(provider)));
        return builder;

        SafetyFilterPolicy Policy(IServiceProvider provider) => provider.GetRequiredKeyedService<SafetyFilterPolicy>(registration);
    }
}
