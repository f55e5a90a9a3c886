using System.Globalization;
using System.Threading.RateLimiting;
using Gemma4.Web.OpenAI;
using Microsoft.AspNetCore.RateLimiting;

namespace Gemma4.Web.Access;

/// <summary>How much one caller may ask, and how many requests may use the model at once.</summary>
internal static class RequestLimits
{
    /// <summary>The policy of addresses that use the model.</summary>
    public const string Model = "model";

    public static IServiceCollection AddRequestLimits(this IServiceCollection services, ServerOptions options) => services.AddRateLimiter(limiter =>
    {
        limiter.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, string>(context => context.Request.Path.StartsWithSegments("/health")
            ? RateLimitPartition.GetNoLimiter("health")
            : RateLimitPartition.GetFixedWindowLimiter(CallerOf(context), _ => new FixedWindowRateLimiterOptions
            {
                PermitLimit = options.RequestsPerMinute,
                Window = TimeSpan.FromMinutes(1),
            }));
        limiter.AddPolicy(Model, _ => RateLimitPartition.GetConcurrencyLimiter(Model, _ => new ConcurrencyLimiterOptions
        {
            PermitLimit = options.ConcurrentRequests,
            QueueLimit = options.QueuedRequests,
        }));
        limiter.OnRejected = RejectAsync;
    });

    // Not by anything that a caller writes: it would write something else each time.
    private static string CallerOf(HttpContext context) => context.Connection.RemoteIpAddress?.ToString() ?? "";

    private static async ValueTask RejectAsync(OnRejectedContext rejected, CancellationToken cancellationToken)
    {
        // The queue of the model says nothing about when it is free.
        int seconds = rejected.Lease.TryGetMetadata(MetadataName.RetryAfter, out TimeSpan wait) ? (int)Math.Ceiling(wait.TotalSeconds) : 1;
        rejected.HttpContext.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        await ApiErrors.WriteAsync(rejected.HttpContext, new ApiException(StatusCodes.Status429TooManyRequests, "rate_limit_exceeded", null, $"Too many requests. Try again in {seconds} s."));
    }
}
