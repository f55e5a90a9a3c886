using System.Globalization;

namespace Gemma4.Generation;

/// <summary>
/// The requests that wait, in the order in which they are to start, and the number of those that run. Safe for
/// concurrent use; a request that leaves it early is ended by what was given for that.
/// </summary>
internal sealed class RequestQueue(SchedulingOptions options, TimeProvider timeProvider, EngineMetrics metrics, Action<GenerationRequest, Exception> end)
{
    private readonly Lock _gate = new();
    private readonly List<GenerationRequest> _waiting = [];
    private int _running;

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

    /// <summary>Whether the next request would be refused.</summary>
    public bool IsFull
    {
        get
        {
            lock (_gate)
            {
                return _running + _waiting.Count >= (long)options.MaxConcurrentRequests + options.MaxQueuedRequests;
            }
        }
    }

    /// <exception cref="Gemma4BusyException">The queue is full.</exception>
    public void Add(GenerationRequest request)
    {
        lock (_gate)
        {
            if (IsFull)
            {
                metrics.Rejected();
                throw new Gemma4BusyException(string.Create(CultureInfo.InvariantCulture, $"{_running} requests run and {_waiting.Count} wait; no more than {options.MaxQueuedRequests} may. Try again later, or raise Gemma4Options.Scheduling.MaxQueuedRequests."));
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
            if (_waiting.Count == 0 || _running >= options.MaxConcurrentRequests)
            {
                return null;
            }

            GenerationRequest request = _waiting[0];
            Leave(request);
            _running++;
            request.StartedAt = timeProvider.GetTimestamp();
            return request;
        }
    }

    /// <summary>Notes that a request that ran has ended.</summary>
    public void Ended()
    {
        lock (_gate)
        {
            _running--;
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
