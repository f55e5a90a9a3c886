using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;

namespace Gemma4.Remote.Overflow;

/// <summary>The inner client first; the other one when the inner is overloaded and has sent nothing.</summary>
internal sealed class OverflowChatClient(IChatClient inner, IChatClient other, Func<Exception, bool> isOverload, ILogger logger) : FailoverChatClient
{
    private readonly ConcurrentDictionary<RoutingContext, byte> _overflowing = new();

    protected override ValueTask<IChatClient> SelectClientAsync(RoutingContext context, CancellationToken cancellationToken) =>
        new(_overflowing.ContainsKey(context) ? other : inner);

    protected override ValueTask OnRoutingUpdateAsync(RoutingContext context, FailoverChatClientAttempt attempt, bool isTerminal, CancellationToken cancellationToken)
    {
        if (isTerminal || _overflowing.TryRemove(context, out _))
        {
            _overflowing.TryRemove(context, out _);
            if (!isTerminal)
            {
                ExceptionDispatchInfo.Throw(attempt.Exception!);
            }

            return default;
        }

        if (!isOverload(attempt.Exception!))
        {
            ExceptionDispatchInfo.Throw(attempt.Exception!);
        }

        RemoteLog.Overflow(logger, attempt.Exception!.Message);
        _overflowing[context] = 0;
        return default;
    }

    public override object? GetService(Type serviceType, object? serviceKey = null) =>
        base.GetService(serviceType, serviceKey) ?? inner.GetService(serviceType, serviceKey);

    // The other client has an owner of its own: the container, or the caller.
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }
}
