using Gemma4.Safety;
using Gemma4.Safety.Auditing;
using Gemma4.Safety.Detection;
using Gemma4.Safety.Pipeline;
using Gemma4.Safety.Policies;
using Gemma4.Safety.Tools;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers safety policies.</summary>
public static class SafetyServiceCollectionExtensions
{
    /// <summary>Registers the policies that <c>UseSafety()</c> takes, and a <see cref="SafetyEvaluator"/>. Validated when the host starts.</summary>
    /// <returns>The services.</returns>
    public static IServiceCollection AddSafety(this IServiceCollection services, Action<SafetyOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        services.AddOptions<SafetyOptions>().Configure(configure);
        return Register(services);
    }

    /// <summary>As the other overload, from a configuration section such as <c>"Safety"</c>; a valid change there reaches the next request, another none.</summary>
    public static IServiceCollection AddSafety(this IServiceCollection services, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configuration);
        services.AddOptions<SafetyOptions>().Bind(configuration, binder => binder.ErrorOnUnknownConfiguration = true);
        return Register(services);
    }

    internal static SafetyEvaluator Create(IServiceProvider services, Action<SafetyOptions>? configure)
    {
        if (configure is null && services.GetService<SafetyEvaluator>() is { } shared)
        {
            return shared;
        }

        var options = new SafetyOptions();
        configure?.Invoke(options);
        AddRegistered(options, services);
        return new SafetyEvaluator(new PolicySource(options), services.GetService<ILoggerFactory>(), services.GetService<IEnumerable<ISafetyAudit>>(), services.GetService<TimeProvider>());
    }

    // A client may be built without services; then nothing is asked for that must be there.
    private static void AddRegistered(SafetyOptions options, IServiceProvider services)
    {
        foreach (var detector in services.GetService<IEnumerable<ITextDetector>>() ?? [])
        {
            options.AddDetector(detector);
        }

        foreach (var filter in services.GetService<IEnumerable<ISafetyFilter>>() ?? [])
        {
            options.AddFilter(filter);
        }
    }

    private static IServiceCollection Register(IServiceCollection services)
    {
        services.AddOptions<SafetyOptions>()
            .PostConfigure<IServiceProvider>(AddRegistered)
            .ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<SafetyOptions>, SafetyOptionsValidator>());
        services.TryAddSingleton(provider => new ApprovalLedger(provider.GetService<TimeProvider>()));
        services.TryAddSingleton(provider => new SafetyEvaluator(
            new PolicySource(provider.GetRequiredService<IOptionsMonitor<SafetyOptions>>()),
            provider.GetService<ILoggerFactory>(),
            provider.GetServices<ISafetyAudit>(),
            provider.GetService<TimeProvider>()));
        return services;
    }
}
