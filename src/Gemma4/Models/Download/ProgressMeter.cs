namespace Gemma4.Models.Download;

/// <summary>Adds up what the parallel transfers did and tells the listener, at most five times a second.</summary>
internal sealed class ProgressMeter(IProgress<ModelDownloadProgress>? listener, TimeProvider time)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(10);
    private readonly Lock _gate = new();
    private readonly Queue<(long Timestamp, long Received)> _samples = new();
    private ModelDownloadPhase _phase;
    private long _total;
    private long _done;
    private long _received;
    private int _files;
    private int _filesDone;
    private long _lastReport;

    internal void Enter(ModelDownloadPhase phase)
    {
        lock (_gate)
        {
            _phase = phase;
            Report();
        }
    }

    internal void Start(long bytes, int files)
    {
        lock (_gate)
        {
            (_phase, _total, _files) = (ModelDownloadPhase.Downloading, bytes, files);
            _samples.Enqueue((time.GetTimestamp(), 0));
            Report();
        }
    }

    /// <summary>Bytes that are on disk more (or fewer), received just now or found there.</summary>
    internal void Moved(long bytes, bool received)
    {
        lock (_gate)
        {
            _done += bytes;
            _received += received ? bytes : 0;
            if (time.GetElapsedTime(_lastReport) >= Interval)
            {
                Report();
            }
        }
    }

    internal void FileDone()
    {
        lock (_gate)
        {
            _filesDone++;
            Report();
        }
    }

    // Under the lock, so that a listener never sees an older figure after a newer one.
    private void Report()
    {
        if (listener is null)
        {
            return;
        }

        long now = time.GetTimestamp();
        _lastReport = now;
        _samples.Enqueue((now, _received));
        while (_samples.Count > 2 && time.GetElapsedTime(_samples.Peek().Timestamp, now) > Window)
        {
            _samples.Dequeue();
        }

        (long since, long before) = _samples.Peek();
        double seconds = time.GetElapsedTime(since, now).TotalSeconds;
        double speed = seconds > 0 ? (_received - before) / seconds : 0;
        TimeSpan? remaining = speed > 0 ? TimeSpan.FromSeconds(Math.Min((_total - _done) / speed, TimeSpan.MaxValue.TotalSeconds / 2)) : null;
        listener.Report(new ModelDownloadProgress(_phase, _done, _total, _filesDone, _files, speed, remaining));
    }
}
