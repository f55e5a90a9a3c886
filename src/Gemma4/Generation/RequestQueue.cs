using System.Globalization;

namespace Gemma4.Generation;

/// <summary>
/// The requests that wait, in the order in which they are to start, and the number of those that run. Safe for
/// concurrent use; a request that leaves it early is ended by what was given for that. Requests apart have a line and one
/// place of their own: a judge reads while the answers that it judges hold all the others.
/// </summary>
internal sealed class RequestQueue(SchedulingOptions options, TimeProvider timeProvider, EngineMetrics metrics, Action<GenerationRequest, Exception> end)
{
    private readonly Lock _gate = new();
    private readonly List<GenerationRequest> _waiting = [];
    private int _running;
    private int _runningApart;

    public int Waiting
    {
        get
        {
            lock (_gate)
            {
                return _waiting.Count;
            }
        }
    }

    public int Running => Volatile.Read(ref _running);

    /// <summary>Whether the next request that is not apart would be refused.</summary>
    public bool IsFull
    {
        get
        {
            lock (_gate)
            {
                return Here(isApart: false) >= Most;
            }
        }
    }

    private long Most => (long)options.MaxConcurrentRequests + options.MaxQueuedRequests;

    /// <exception cref="Gemma4BusyException">The queue is full.</exception>
    public void Add(GenerationRequest request)
    {
        lock (_gate)
        {
            if (Here(request.IsApart) is var here && here >= Most)
            {
                metrics.Rejected();
                throw new Gemma4BusyException(string.Create(CultureInfo.InvariantCulture, $"{here} {(request.IsApart ? "calls that score" : "requests")} run or wait; no more than {Most} may. Try again later, or raise Gemma4Options.Scheduling.MaxQueuedRequests."));
            }

            request.QueuedAt = timeProvider.GetTimestamp();
            int place = _waiting.FindIndex(other => other.Priority < request.Priority);
            _waiting.Insert(place < 0 ? _waiting.Count : place, request);
            metrics.Queued();
            if (options.QueueTimeout is { } limit)
            {
                request.QueueTimer = timeProvider.CreateTimer(_ => GiveUp(request, limit), null, limit, Timeout.InfiniteTimeSpan);
            }
        }
    }

    /// <summary>The next request, which runs from now on; null where none waits or none may start.</summary>
    public GenerationRequest? TryStart()
    {
        lock (_gate)
        {
            if (_waiting.Find(MayStart) is not { } request)
            {
                return null;
            }

            Leave(request);
            _running++;
            _runningApart += request.IsApart ? 1 : 0;
            request.StartedAt = timeProvider.GetTimestamp();
            return request;
        }
    }

    /// <summary>Notes that a request that ran has ended.</summary>
    public void Ended(GenerationRequest request)
    {
        lock (_gate)
        {
            _running--;
            _runningApart -= request.IsApart ? 1 : 0;
        }
    }

    /// <summary>Ends a request that waits because its caller no longer does. False where it does not wait.</summary>
    public bool Withdraw(GenerationRequest request) =>
        TryLeave(request) && End(request, new OperationCanceledException(request.Cancellation));

    /// <summary>Ends everything that waits.</summary>
    public void Close()
    {
        while (TryPeek() is { } request)
        {
            if (TryLeave(request))
            {
                End(request, new ObjectDisposedException(nameof(Gemma4ChatClient)));
            }
        }
    }

    private int Here(bool isApart) =>
        (isApart ? _runningApart : _running - _runningApart) + _waiting.Count(request => request.IsApart == isApart);

    private bool MayStart(GenerationRequest request) =>
        request.IsApart ? _runningApart == 0 : _running - _runningApart < options.MaxConcurrentRequests;

    private void GiveUp(GenerationRequest request, TimeSpan limit)
    {
        if (TryLeave(request))
        {
            metrics.Rejected();
            End(request, new Gemma4BusyException(string.Create(CultureInfo.InvariantCulture, $"The request waited {limit.TotalSeconds:0.###} s while others ran. Try again later, or raise Gemma4Options.Scheduling.QueueTimeout or MaxConcurrentRequests.")));
        }
    }

    private bool End(GenerationRequest request, Exception error)
    {
        end(request, error);
        return true;
    }

    private GenerationRequest? TryPeek()
    {
        lock (_gate)
        {
            return _waiting.Count > 0 ? _waiting[0] : null;
        }
    }

    private bool TryLeave(GenerationRequest request)
    {
        lock (_gate)
        {
            bool waited = _waiting.Contains(request);
            if (waited)
            {
                Leave(request);
                metrics.LeftQueue();
            }

            return waited;
        }
    }

    private void Leave(GenerationRequest request)
    {
        _waiting.Remove(request);
        request.QueueTimer?.Dispose();
    }
}
