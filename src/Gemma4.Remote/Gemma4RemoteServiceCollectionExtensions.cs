using Gemma4.Remote;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers Gemma 4 behind an OpenAI-compatible server as <see cref="IChatClient"/>.</summary>
public static class Gemma4RemoteServiceCollectionExtensions
{
    /// <summary>
    /// Registers a singleton <see cref="IChatClient"/> for one server. Options are validated when the host starts; nothing
    /// is sent before the first request. The container disposes it.
    /// </summary>
    /// <param name="services">The application's services.</param>
    /// <param name="endpoint">The address, usually ending in <c>/v1</c>.</param>
    /// <param name="model">The name that the server knows the model by.</param>
    /// <param name="apiKey">The key; null where the server wants none.</param>
    /// <returns>The builder for further stages, such as <c>UseFunctionInvocation()</c>; first added is outermost.</returns>
    public static ChatClientBuilder AddGemma4Remote(this IServiceCollection services, Uri endpoint, string model, string? apiKey = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        return Register(services, serviceKey: null, OneServer(endpoint, model, apiKey));
    }

    /// <summary>As the first overload, with all options.</summary>
    public static ChatClientBuilder AddGemma4Remote(this IServiceCollection services, Action<Gemma4RemoteOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        return Register(services, serviceKey: null, configure);
    }

    /// <summary>As the first overload, with options from a configuration section such as <c>"Gemma4Remote"</c>; a key there that is no option is an error when the host starts.</summary>
    public static ChatClientBuilder AddGemma4Remote(this IServiceCollection services, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configuration);
        return Register(services, serviceKey: null, options => configuration.Bind(options, binder => binder.ErrorOnUnknownConfiguration = true));
    }

    /// <summary>Registers a keyed <see cref="IChatClient"/> for one server, for applications with several models.</summary>
    /// <param name="services">The application's services.</param>
    /// <param name="serviceKey">The key.</param>
    /// <param name="endpoint">The address, usually ending in <c>/v1</c>.</param>
    /// <param name="model">The name that the server knows the model by.</param>
    /// <param name="apiKey">The server's key; null where it wants none.</param>
    /// <returns>The builder for further stages; first added is outermost.</returns>
    public static ChatClientBuilder AddKeyedGemma4Remote(this IServiceCollection services, string serviceKey, Uri endpoint, string model, string? apiKey = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrWhiteSpace(serviceKey);
        return Register(services, serviceKey, OneServer(endpoint, model, apiKey));
    }

    /// <summary>As the other overload, with all options.</summary>
    public static ChatClientBuilder AddKeyedGemma4Remote(this IServiceCollection services, string serviceKey, Action<Gemma4RemoteOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrWhiteSpace(serviceKey);
        ArgumentNullException.ThrowIfNull(configure);
        return Register(services, serviceKey, configure);
    }

    /// <summary>As the other overload, with options from a configuration section.</summary>
    public static ChatClientBuilder AddKeyedGemma4Remote(this IServiceCollection services, string serviceKey, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrWhiteSpace(serviceKey);
        ArgumentNullException.ThrowIfNull(configuration);
        return Register(services, serviceKey, options => configuration.Bind(options, binder => binder.ErrorOnUnknownConfiguration = true));
    }

    private static Action<Gemma4RemoteOptions> OneServer(Uri endpoint, string model, string? apiKey)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        ArgumentException.ThrowIfNullOrWhiteSpace(model);
        return options =>
        {
            options.Model = model;
            options.Endpoints.Add(new Gemma4RemoteEndpoint { Url = endpoint, ApiKey = apiKey });
        };
    }

    private static ChatClientBuilder Register(IServiceCollection services, string? serviceKey, Action<Gemma4RemoteOptions> configure)
    {
        string name = serviceKey ?? Options.Options.DefaultName;
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<Gemma4RemoteOptions>, Gemma4RemoteOptionsValidator>());
        services.AddOptions<Gemma4RemoteOptions>(name).Configure(configure).ValidateOnStart();
        services.AddKeyedSingleton(serviceKey, (provider, _) => new Gemma4RemoteChatClient(
            provider.GetRequiredService<IOptionsMonitor<Gemma4RemoteOptions>>().Get(name),
            provider.GetService<ILoggerFactory>(),
            provider.GetService<TimeProvider>()));
        return serviceKey is null
            ? services.AddChatClient(provider => provider.GetRequiredService<Gemma4RemoteChatClient>())
            : services.AddKeyedChatClient(serviceKey, provider => provider.GetRequiredKeyedService<Gemma4RemoteChatClient>(serviceKey));
    }
}
