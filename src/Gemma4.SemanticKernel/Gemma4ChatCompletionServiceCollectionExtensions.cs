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
    /// <param name="serviceId">Key of the services; null for none. Of several models each needs its own.</param>
    /// <param name="pipeline">
    /// Adds stages that every request passes, whichever of the services it comes through; first added is outermost. Not
    /// for function invocation, which the kernel does: such a stage fails when the service is first asked for.
    /// </param>
    /// <returns>The services.</returns>
    /// <exception cref="InvalidOperationException">A model is registered under this service id already.</exception>
    public static IServiceCollection AddGemma4ChatCompletion(this IServiceCollection services, Action<Gemma4Options> configure, string? serviceId = null, Action<ChatClientBuilder>? pipeline = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        if (services.Any(descriptor => !descriptor.IsKeyedService && descriptor.ImplementationInstance is RegisteredModel model && model.ServiceId == serviceId))
        {
            throw new InvalidOperationException($"A model is registered {(serviceId is null ? "without a service id" : $"under the service id '{serviceId}'")} already, and both would get the same options. Give each model a service id of its own.");
        }

        services.AddSingleton(new RegisteredModel(serviceId));
        _ = serviceId is null ? services.AddGemma4(configure) : services.AddKeyedGemma4(serviceId, configure);
        // The bare chat client; the one with function invocation takes its place below.
        services.Remove(services.Last(descriptor => descriptor.ServiceType == typeof(IChatClient)));
        return Register(services, provider => provider.GetRequiredKeyedService<Gemma4ChatClient>(serviceId), serviceId, pipeline);
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
        return Register(services, _ => owned, serviceId, pipeline);
    }

    // The key is this registration's own, so that what is registered later under the same id takes nothing away from it.
    private static IServiceCollection Register(IServiceCollection services, Func<IServiceProvider, IChatClient> client, string? serviceId, Action<ChatClientBuilder>? pipeline)
    {
        object key = new();
        ChatClientBuilder stages = new(client);
        pipeline?.Invoke(stages);
        services.AddKeyedSingleton(key, (provider, _) => new ApplicationStages(stages.Build(provider)));
        services.AddKeyedSingleton(key, (provider, _) => new Gemma4ChatCompletionService(
            provider.GetRequiredKeyedService<ApplicationStages>(key),
            provider.GetService<ILoggerFactory>()));
        services.AddKeyedSingleton(serviceId, (provider, _) => provider.GetRequiredKeyedService<ApplicationStages>(key)
            .AsBuilder().UseKernelFunctionInvocation(provider.GetService<ILoggerFactory>()).Build(provider));
        services.AddKeyedSingleton<IChatCompletionService>(serviceId, (provider, _) => provider.GetRequiredKeyedService<Gemma4ChatCompletionService>(key));
        services.AddKeyedSingleton<ITextGenerationService>(serviceId, (provider, _) => provider.GetRequiredKeyedService<Gemma4ChatCompletionService>(key));
        return services;
    }
}
