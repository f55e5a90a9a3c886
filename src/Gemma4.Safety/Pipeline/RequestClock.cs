namespace Gemma4.Safety.Pipeline;

/// <summary>The time of one request: its token ends with the caller's, or when the time is up.</summary>
internal sealed class RequestClock : IDisposable
{
    private readonly CancellationTokenSource? _time;
    private readonly CancellationTokenSource? _either;
    private readonly CancellationToken _caller;

    public RequestClock(TimeSpan? duration, TimeProvider timeProvider, CancellationToken caller)
    {
        _caller = caller;
        if (duration is { } time)
        {
            _time = new CancellationTokenSource(time, timeProvider);
            _either = CancellationTokenSource.CreateLinkedTokenSource(_time.Token, caller);
        }
    }

    public CancellationToken Token => _either?.Token ?? _caller;

    /// <summary>Whether the time is up, and the caller still waits.</summary>
    public bool IsUp => _time?.IsCancellationRequested == true && !_caller.IsCancellationRequested;

    public void Dispose()
    {
        _either?.Dispose();
        _time?.Dispose();
    }
}
