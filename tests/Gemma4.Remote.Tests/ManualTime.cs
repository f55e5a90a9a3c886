namespace Gemma4.Remote.Tests;

/// <summary>
/// A clock whose short waits pass at once and are recorded, and whose long ones pass when a test says so: pauses before
/// retries need no waiting, and limits run out exactly when they should.
/// </summary>
internal sealed class ManualTime : TimeProvider
{
    // Limits in these tests are minutes, pauses are seconds.
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(59);

    private readonly Lock _gate = new();
    private readonly List<ManualTimer> _timers = [];

    public List<TimeSpan> Pauses { get; } = [];

    public override DateTimeOffset GetUtcNow() => new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ManualTimer timer = new(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Lets every limit up to this length run out.</summary>
    public void Pass(TimeSpan time)
    {
        ManualTimer[] due;
        lock (_gate)
        {
            due = [.. _timers.Where(timer => timer.Due <= time)];
            _timers.RemoveAll(timer => due.Contains(timer));
        }

        foreach (ManualTimer timer in due)
        {
            timer.Fire();
        }
    }

    private sealed class ManualTimer(ManualTime time, TimerCallback callback, object? state) : ITimer
    {
        public TimeSpan Due { get; private set; }

        public void Fire() => callback(state);

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            Due = dueTime;
            lock (time._gate)
            {
                time._timers.Remove(this);
                if (dueTime == Timeout.InfiniteTimeSpan)
                {
                    return true;
                }

                if (dueTime > LongestPause)
                {
                    time._timers.Add(this);
                    return true;
                }

                time.Pauses.Add(dueTime);
            }

            ThreadPool.QueueUserWorkItem(_ => Fire());
            return true;
        }

        public void Dispose()
        {
            lock (time._gate)
            {
                time._timers.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
