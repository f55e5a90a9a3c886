using Gemma4;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds the health of Gemma 4 to an application's health checks.</summary>
public static class Gemma4HealthChecksBuilderExtensions
{
    /// <summary>
    /// Adds a check that generates a token with the model that <c>AddGemma4</c> registered. It reports degraded while the
    /// queue is full or all places are taken, and <paramref name="failureStatus"/> when no token comes.
    /// </summary>
    /// <param name="builder">The builder of <c>AddHealthChecks()</c>.</param>
    /// <param name="name">Name of the check. Default "gemma4".</param>
    /// <param name="serviceKey">Key of a model registered with <c>AddKeyedGemma4</c>; null for the one without.</param>
    /// <param name="configure">Changes time limit and loading; null for the defaults.</param>
    /// <param name="failureStatus">Status to report on failure; null for unhealthy.</param>
    /// <param name="tags">Tags of the check, such as "ready".</param>
    /// <exception cref="ArgumentOutOfRangeException">The time limit is not more than zero.</exception>
    public static IHealthChecksBuilder AddGemma4(
        this IHealthChecksBuilder builder,
        string name = "gemma4",
        string? serviceKey = null,
        Action<Gemma4HealthCheckOptions>? configure = null,
        HealthStatus? failureStatus = null,
        IEnumerable<string>? tags = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        Gemma4HealthCheckOptions options = new();
        configure?.Invoke(options);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(options.Timeout, TimeSpan.Zero);
        return builder.Add(new HealthCheckRegistration(name, provider => new Gemma4HealthCheck(provider, serviceKey, options), failureStatus, tags));
    }
}
