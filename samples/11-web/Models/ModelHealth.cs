using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Gemma4.Web.Models;

/// <summary>Keeps the last result of the health check; the check itself is made anew for each request.</summary>
internal sealed class ModelHealth
{
    public Observation? Last { get; set; }

    public sealed record Observation(DateTimeOffset At, HealthCheckResult Result);
}
