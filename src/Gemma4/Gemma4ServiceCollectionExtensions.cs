using Gemma4;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers Gemma 4 as <see cref="IChatClient"/>.</summary>
public static class Gemma4ServiceCollectionExtensions
{
    /// <summary>
    /// Registers a singleton <see cref="IChatClient"/> that runs Gemma 4 in this process. Options are validated when the
    /// host starts; the model loads at the first request unless <see cref="Gemma4Options.WarmUpOnStart"/> is set. The
    /// container disposes it.
    /// </summary>
    /// <returns>The builder for further stages, such as <c>UseFunctionInvocation()</c>; first added is outermost.</returns>
    public static ChatClientBuilder AddGemma4(this IServiceCollection services, Action<Gemma4Options> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        return Register(services, serviceKey: null, builder => builder.Configure(configure));
    }

    /// <summary>As the other overload, with options from a configuration section such as <c>"Gemma4"</c>; a key there that is no option is an error when the host starts.</summary>
    public static ChatClientBuilder AddGemma4(this IServiceCollection services, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configuration);
        return Register(services, serviceKey: null, builder => builder.Configure(options => configuration.Bind(options, binder => binder.ErrorOnUnknownConfiguration = true)));
    }

    /// <summary>Registers a keyed <see cref="IChatClient"/>, for applications with several models.</summary>
    /// <returns>The builder for further stages; first added is outermost.</returns>
    public static ChatClientBuilder AddKeyedGemma4(this IServiceCollection services, string serviceKey, Action<Gemma4Options> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrWhiteSpace(serviceKey);
        ArgumentNullException.ThrowIfNull(configure);
        return Register(services, serviceKey, builder => builder.Configure(configure));
    }

    /// <summary>As the other overload, with options from a configuration section.</summary>
    public static ChatClientBuilder AddKeyedGemma4(this IServiceCollection services, string serviceKey, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrWhiteSpace(serviceKey);
        ArgumentNullException.ThrowIfNull(configuration);
        return Register(services, serviceKey, builder => builder.Configure(options => configuration.Bind(options, binder => binder.ErrorOnUnknownConfiguration = true)));
    }

    private static ChatClientBuilder Register(IServiceCollection services, string? serviceKey, Action<OptionsBuilder<Gemma4Options>> configure)
    {
        string name = serviceKey ?? Options.Options.DefaultName;
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<Gemma4Options>, Gemma4OptionsValidator>());
        configure(services.AddOptions<Gemma4Options>(name).ValidateOnStart());

        Gemma4ChatClient Create(IServiceProvider provider) => new(
            provider.GetRequiredService<IOptionsMonitor<Gemma4Options>>().Get(name),
            provider.GetService<ILoggerFactory>(),
            provider.GetService<TimeProvider>());
        services.AddKeyedSingleton(serviceKey, (provider, _) => Create(provider));
        services.AddSingleton<IHostedService>(provider => new Gemma4WarmUpService(provider, name, serviceKey));
        return serviceKey is null
            ? services.AddChatClient(provider => provider.GetRequiredService<Gemma4ChatClient>())
            : services.AddKeyedChatClient(serviceKey, provider => provider.GetRequiredKeyedService<Gemma4ChatClient>(serviceKey));
    }
}
