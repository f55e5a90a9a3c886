using Gemma4.Remote;
using Gemma4.Remote.Health;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Health checks of remote models.</summary>
public static class Gemma4RemoteHealthChecksBuilderExtensions
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Adds a check that asks every endpoint of <c>AddGemma4Remote</c> for <c>/models</c>: healthy when all list the model,
    /// degraded when some do. It generates nothing. Servers without that address, such as Vertex, always fail it.
    /// </summary>
    /// <param name="builder">The application's health checks.</param>
    /// <param name="serviceKey">The key given to <c>AddKeyedGemma4Remote</c>; null for the client without one.</param>
    /// <param name="name">The check's name; null for <c>gemma4.remote</c> with the key.</param>
    /// <param name="failureStatus">Reported when no endpoint serves the model; null for unhealthy.</param>
    /// <returns>The builder.</returns>
    public static IHealthChecksBuilder AddGemma4Remote(this IHealthChecksBuilder builder, string? serviceKey = null, string? name = null, HealthStatus? failureStatus = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        string optionsName = serviceKey ?? Options.Options.DefaultName;

        // The container disposes what it makes; the registration's factory runs once per check.
        builder.Services.AddKeyedSingleton(optionsName, (services, _) => new RemoteHealthCheck(services.GetRequiredService<IOptionsMonitor<Gemma4RemoteOptions>>(), optionsName));
        return builder.Add(new HealthCheckRegistration(
            name ?? (serviceKey is null ? "gemma4.remote" : $"gemma4.remote.{serviceKey}"),
            services => services.GetRequiredKeyedService<RemoteHealthCheck>(optionsName),
            failureStatus,
            tags: null,
            Timeout));
    }
}
