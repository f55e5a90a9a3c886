using System.Collections.Concurrent;

namespace Gemma4.Download.Tests;

/// <summary>Timers that run out when the test says so.</summary>
internal sealed class FiringTime : TimeProvider
{
    private readonly ConcurrentDictionary<Timer, bool> _timers = new();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        Timer timer = new(this, callback, state);
        _timers[timer] = true;
        return timer;
    }

    internal void FireAll()
    {
        foreach (Timer timer in _timers.Keys)
        {
            timer.Fire();
        }
    }

    private sealed class Timer(FiringTime owner, TimerCallback callback, object? state) : ITimer
    {
        public void Fire() => callback(state);

        public bool Change(TimeSpan dueTime, TimeSpan period) => true;

        public void Dispose() => owner._timers.TryRemove(this, out _);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
