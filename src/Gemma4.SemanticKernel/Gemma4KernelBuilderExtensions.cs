using Gemma4;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.SemanticKernel;

/// <summary>Adds Gemma 4 to a kernel.</summary>
public static class Gemma4KernelBuilderExtensions
{
    /// <summary>
    /// Registers Gemma 4 as <c>IChatCompletionService</c>, <c>ITextGenerationService</c> and <c>IChatClient</c>, all over
    /// one model that loads at the first request. Functions are invoked by the kernel, with its filters.
    /// </summary>
    /// <param name="builder">The kernel builder.</param>
    /// <param name="configure">Sets the options; the model path is required.</param>
    /// <param name="serviceId">Key of the services; null for none. Of several models each needs its own.</param>
    /// <param name="pipeline">
    /// Adds stages that every request passes, whichever of the services it comes through; first added is outermost. Not
    /// for function invocation, which the kernel does: such a stage fails when the service is first asked for.
    /// </param>
    /// <returns>The builder.</returns>
    /// <exception cref="InvalidOperationException">A model is registered under this service id already.</exception>
    public static IKernelBuilder AddGemma4(this IKernelBuilder builder, Action<Gemma4Options> configure, string? serviceId = null, Action<ChatClientBuilder>? pipeline = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddGemma4ChatCompletion(configure, serviceId, pipeline);
        return builder;
    }

    /// <summary>As the other overload, with the model folder and otherwise default options.</summary>
    public static IKernelBuilder AddGemma4(this IKernelBuilder builder, string modelPath, string? serviceId = null, Action<ChatClientBuilder>? pipeline = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddGemma4ChatCompletion(modelPath, serviceId, pipeline);
        return builder;
    }

    /// <summary>As the other overload, with a client that is already there; it stays the caller's to dispose.</summary>
    public static IKernelBuilder AddGemma4(this IKernelBuilder builder, IChatClient client, string? serviceId = null, Action<ChatClientBuilder>? pipeline = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddGemma4ChatCompletion(client, serviceId, pipeline);
        return builder;
    }
}
