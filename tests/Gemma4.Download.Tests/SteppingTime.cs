namespace Gemma4.Download.Tests;

/// <summary>Each look at the clock is a second after the last, so that every step is reported; timers are real.</summary>
internal sealed class SteppingTime : TimeProvider
{
    private long _seconds;

    public override long TimestampFrequency => 1;

    public override long GetTimestamp() => Interlocked.Increment(ref _seconds);
}
