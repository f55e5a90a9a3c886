using System.Globalization;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace Gemma4;

/// <summary>Healthy means: a token was generated just now.</summary>
internal sealed class Gemma4HealthCheck(IServiceProvider provider, string? serviceKey, Gemma4HealthCheckOptions options) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        Gemma4ChatClient client = provider.GetRequiredKeyedService<Gemma4ChatClient>(serviceKey);
        TimeProvider time = provider.GetService<TimeProvider>() ?? TimeProvider.System;
        Gemma4Statistics before = client.GetStatistics();
        Dictionary<string, object> data = new()
        {
            ["loaded"] = before.IsLoaded,
            ["running"] = before.RunningRequests,
            ["queued"] = before.QueuedRequests,
        };
        if (!before.IsLoaded && !options.LoadModel)
        {
            return HealthCheckResult.Healthy("The model is not loaded; the first request loads it.", data);
        }

        if (before.IsQueueFull)
        {
            return HealthCheckResult.Degraded("The queue is full: further requests are refused.", data: data);
        }

        using CancellationTokenSource limit = new(options.Timeout, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        long start = time.GetTimestamp();
        try
        {
            await client.GetResponseAsync("Hi", Probe(), either.Token).ConfigureAwait(false);
            double milliseconds = time.GetElapsedTime(start).TotalMilliseconds;
            data["milliseconds"] = milliseconds;
            return HealthCheckResult.Healthy(string.Create(CultureInfo.InvariantCulture, $"A token came in {milliseconds:F0} ms."), data);
        }
        catch (Gemma4BusyException exception)
        {
            return HealthCheckResult.Degraded(exception.Message, exception, data);
        }
        catch (OperationCanceledException exception) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            string message = string.Create(CultureInfo.InvariantCulture, $"No token came in {options.Timeout.TotalSeconds:0.###} s.");

            // It waited behind others, which is slow and not broken.
            int places = provider.GetRequiredService<IOptionsMonitor<Gemma4Options>>().Get(serviceKey ?? Options.DefaultName).Scheduling.MaxConcurrentRequests;
            return before.RunningRequests >= places
                ? HealthCheckResult.Degraded(message + " Other requests take all places.", exception, data)
                : new HealthCheckResult(context.Registration.FailureStatus, message, exception, data);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            return new HealthCheckResult(context.Registration.FailureStatus, exception.Message, exception, data);
        }
    }

    private static ChatOptions Probe() => new()
    {
        MaxOutputTokens = 1,
        Temperature = 0,
        AdditionalProperties = new() { ["priority"] = int.MaxValue },
    };
}
