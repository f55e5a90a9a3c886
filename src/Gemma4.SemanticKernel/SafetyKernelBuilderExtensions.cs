using Gemma4.Safety;
using Gemma4.Safety.Policies;
using Gemma4.SemanticKernel;
using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.SemanticKernel;

/// <summary>Adds safety policies to a kernel.</summary>
public static class SafetyKernelBuilderExtensions
{
    /// <summary>
    /// Adds filters that ask a policy about rendered prompts and about the arguments and results of functions that a model
    /// calls. For kernels over other models; with <c>AddGemma4(..., pipeline: stages =&gt; stages.UseSafety())</c> the stage in
    /// the pipeline sees everything, answers and direct requests included. Pseudonyms are not restored by filters.
    /// Of <see cref="SafetyPolicy.Tools"/> the filters apply nothing: a policy that sets Allowed, Ask or Arguments is refused with
    /// an <see cref="InvalidOperationException"/> when the kernel is made, or with the next text after a changed configuration;
    /// the call limit, Untrusted and Spotlighting have no effect.
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

        builder.Services.AddSingleton<IPromptRenderFilter>(provider => new SafetyPromptFilter(new SafetyFilterPolicy(provider.GetRequiredService<SafetyEvaluator>(), policy)));
        builder.Services.AddSingleton<IAutoFunctionInvocationFilter>(provider => new SafetyFunctionFilter(new SafetyFilterPolicy(provider.GetRequiredService<SafetyEvaluator>(), policy)));
        return builder;
    }
}
