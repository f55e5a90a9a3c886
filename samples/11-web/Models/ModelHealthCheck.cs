using Microsoft.Extensions.AI;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Gemma4.Web.Models;

/// <summary>Healthy when the model answers with a token. The result stands for a while: anyone may ask for it.</summary>
internal sealed class ModelHealthCheck(Gemma4ChatClient client, ModelHealth health, TimeProvider time) : IHealthCheck
{
    private static readonly TimeSpan StandsFor = TimeSpan.FromSeconds(15);
    private static readonly ChatOptions OneToken = new() { MaxOutputTokens = 1 };

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (health.Last is { } known && time.GetUtcNow() - known.At < StandsFor)
        {
            return known.Result;
        }

        HealthCheckResult result;
        try
        {
            await client.GetResponseAsync("Hello", OneToken, cancellationToken);
            result = HealthCheckResult.Healthy();
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            result = HealthCheckResult.Unhealthy("The model does not answer.", failure);
        }

        health.Last = new ModelHealth.Observation(time.GetUtcNow(), result);
        return result;
    }
}
