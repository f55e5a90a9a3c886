using Gemma4.Embeddings;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers EmbeddingGemma as <see cref="IEmbeddingGenerator{TInput, TEmbedding}"/>.</summary>
public static class Gemma4EmbeddingServiceCollectionExtensions
{
    /// <summary>
    /// Registers a singleton <see cref="Gemma4EmbeddingGenerator"/>. Options are validated when the host starts; the model
    /// loads when the generator is first asked for. The container disposes it.
    /// </summary>
    /// <returns>The builder for further stages, such as <c>UseDistributedCache()</c>; first added is outermost.</returns>
    public static EmbeddingGeneratorBuilder<string, Embedding<float>> AddGemma4EmbeddingGenerator(this IServiceCollection services, Action<Gemma4EmbeddingOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        return Register(services, serviceKey: null, builder => builder.Configure(configure));
    }

    /// <summary>As the other overload, with options from a configuration section such as <c>"Embeddings"</c>; a key there that is no option is an error when the host starts.</summary>
    public static EmbeddingGeneratorBuilder<string, Embedding<float>> AddGemma4EmbeddingGenerator(this IServiceCollection services, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configuration);
        return Register(services, serviceKey: null, builder => builder.Configure(options => configuration.Bind(options, binder => binder.ErrorOnUnknownConfiguration = true)));
    }

    /// <summary>Registers a keyed generator, for applications with several models.</summary>
    /// <returns>The builder for further stages; first added is outermost.</returns>
    public static EmbeddingGeneratorBuilder<string, Embedding<float>> AddKeyedGemma4EmbeddingGenerator(this IServiceCollection services, string serviceKey, Action<Gemma4EmbeddingOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrWhiteSpace(serviceKey);
        ArgumentNullException.ThrowIfNull(configure);
        return Register(services, serviceKey, builder => builder.Configure(configure));
    }

    private static EmbeddingGeneratorBuilder<string, Embedding<float>> Register(IServiceCollection services, string? serviceKey, Action<OptionsBuilder<Gemma4EmbeddingOptions>> configure)
    {
        string name = serviceKey ?? Options.Options.DefaultName;
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<Gemma4EmbeddingOptions>, Gemma4EmbeddingOptionsValidator>());
        configure(services.AddOptions<Gemma4EmbeddingOptions>(name).ValidateOnStart());
        services.AddKeyedSingleton(serviceKey, (provider, _) => new Gemma4EmbeddingGenerator(
            provider.GetRequiredService<IOptionsMonitor<Gemma4EmbeddingOptions>>().Get(name), provider.GetService<ILoggerFactory>()));
        return serviceKey is null
            ? services.AddEmbeddingGenerator(provider => provider.GetRequiredService<Gemma4EmbeddingGenerator>())
            : services.AddKeyedEmbeddingGenerator(serviceKey, provider => provider.GetRequiredKeyedService<Gemma4EmbeddingGenerator>(serviceKey));
    }
}
