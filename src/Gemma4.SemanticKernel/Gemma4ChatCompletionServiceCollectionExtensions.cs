using Gemma4;
using Gemma4.SemanticKernel;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;
using Microsoft.SemanticKernel.TextGeneration;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers Gemma 4 for kernels that take their services from the application's container.</summary>
public static class Gemma4ChatCompletionServiceCollectionExtensions
{
    /// <summary>
    /// Registers Gemma 4 as <c>IChatCompletionService</c>, <c>ITextGenerationService</c> and <c>IChatClient</c>, all over
    /// one model that loads at the first request. Functions are invoked by the kernel, with its filters.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="configure">Sets the options; the model path is required.</param>
    /// <param name="serviceId">Key of the services, for applications with several models; null for none.</param>
    /// <param name="pipeline">
    /// Adds stages that every request passes, whichever of the services it comes through; first added is outermost. Not
    /// for function invocation, which the kernel does: such a stage fails when the service is first asked for.
    /// </param>
    /// <returns>The services.</returns>
    public static IServiceCollection AddGemma4ChatCompletion(this IServiceCollection services, Action<Gemma4Options> configure, string? serviceId = null, Action<ChatClientBuilder>? pipeline = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        return Register(services, serviceId is null ? services.AddGemma4(configure) : services.AddKeyedGemma4(serviceId, configure), serviceId, pipeline);
    }

    /// <summary>As the other overload, with the model folder and otherwise default options.</summary>
    public static IServiceCollection AddGemma4ChatCompletion(this IServiceCollection services, string modelPath, string? serviceId = null, Action<ChatClientBuilder>? pipeline = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(modelPath);
        return services.AddGemma4ChatCompletion(options => options.ModelPath = modelPath, serviceId, pipeline);
    }

    /// <summary>As the other overload, with a client that is already there; it stays the caller's to dispose.</summary>
    public static IServiceCollection AddGemma4ChatCompletion(this IServiceCollection services, IChatClient client, string? serviceId = null, Action<ChatClientBuilder>? pipeline = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(client);
        ApplicationStages.Check(client);
        CallerOwnedChatClient owned = new(client);
        return Register(services, serviceId is null ? services.AddChatClient(owned) : services.AddKeyedChatClient(serviceId, owned), serviceId, pipeline);
    }

    private static IServiceCollection Register(IServiceCollection services, ChatClientBuilder builder, string? serviceId, Action<ChatClientBuilder>? pipeline)
    {
        builder.UseKernelFunctionInvocation().Use(inner => new ApplicationStages(inner));
        pipeline?.Invoke(builder);
        services.AddKeyedSingleton(serviceId, (provider, _) => new Gemma4ChatCompletionService(
            provider.GetRequiredKeyedService<IChatClient>(serviceId),
            provider.GetService<ILoggerFactory>()));
        services.AddKeyedSingleton<IChatCompletionService>(serviceId, (provider, _) => provider.GetRequiredKeyedService<Gemma4ChatCompletionService>(serviceId));
        services.AddKeyedSingleton<ITextGenerationService>(serviceId, (provider, _) => provider.GetRequiredKeyedService<Gemma4ChatCompletionService>(serviceId));
        return services;
    }
}
