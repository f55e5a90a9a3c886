using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Gemma4.Web.Models;

/// <summary>The last result of the health check; the check itself is made anew for each request.</summary>
internal sealed class ModelHealth
{
    public (DateTimeOffset At, HealthCheckResult Result)? Result { get; set; }
}
