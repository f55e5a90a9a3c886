using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;

namespace Gemma4.Remote.Endpoints;

/// <summary>
/// Which endpoint a request goes to next: the same one again after a pause while its retries last, then the next one.
/// Only failures before the first update come here; the base class ends a request that has sent something.
/// </summary>
internal sealed class EndpointFailover(IReadOnlyList<EndpointChatClient> endpoints, Gemma4RemoteOptions options, TimeProvider timeProvider, ILogger logger) : FailoverChatClient
{
    // A retry waits up to this share longer, so that clients turned away together do not come back together.
    private const double Jitter = 0.2;

    private readonly ConcurrentDictionary<RoutingContext, (int Endpoint, int Retries)> _places = new();

    protected override ValueTask<IChatClient> SelectClientAsync(RoutingContext context, CancellationToken cancellationToken) =>
        new(endpoints[_places.GetValueOrDefault(context).Endpoint]);

    protected override async ValueTask OnRoutingUpdateAsync(RoutingContext context, FailoverChatClientAttempt attempt, bool isTerminal, CancellationToken cancellationToken)
    {
        if (isTerminal)
        {
            _places.TryRemove(context, out _);
            return;
        }

        (int endpoint, int retries) = _places.GetValueOrDefault(context);
        _places.TryRemove(context, out _);
        if (attempt.Exception is not Gemma4RemoteException { IsTransient: true } failure)
        {
            ExceptionDispatchInfo.Throw(attempt.Exception!);
            return;
        }

        bool mayRetry = failure.MayRetryHere && retries < options.MaxRetries && !(failure.RetryAfter > options.MaxRetryDelay);
        if (mayRetry)
        {
            TimeSpan delay = DelayOf(retries, failure.RetryAfter);
            RemoteLog.Retrying(logger, failure.Endpoint, ReasonOf(failure), retries + 2, options.MaxRetries + 1, delay.TotalMilliseconds);
            await Task.Delay(delay, timeProvider, cancellationToken).ConfigureAwait(false);
            _places[context] = (endpoint, retries + 1);
        }
        else if (endpoint + 1 < endpoints.Count)
        {
            RemoteLog.FailingOver(logger, failure.Endpoint, ReasonOf(failure), endpoints[endpoint + 1].Endpoint);
            _places[context] = (endpoint + 1, 0);
        }
        else
        {
            ExceptionDispatchInfo.Throw(failure);
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            foreach (EndpointChatClient endpoint in endpoints)
            {
                endpoint.Dispose();
            }
        }

        base.Dispose(disposing);
    }

    private TimeSpan DelayOf(int retries, TimeSpan? retryAfter)
    {
        TimeSpan grown = options.RetryDelay * Math.Pow(2, retries);
        grown += grown * (Jitter * System.Security.Cryptography.RandomNumberGenerator.GetInt32(0, 100) / 100);
        TimeSpan delay = grown < options.MaxRetryDelay ? grown : options.MaxRetryDelay;
        return retryAfter > delay ? retryAfter.Value : delay;
    }

    private static string ReasonOf(Gemma4RemoteException failure) => failure.Status is { } status ? $"status {status}" : failure.InnerException?.GetType().Name ?? "broke off";
}
