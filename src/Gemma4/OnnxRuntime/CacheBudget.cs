namespace Gemma4.OnnxRuntime;

/// <summary>Bytes that the caches of all sessions of one engine may take together.</summary>
internal sealed class CacheBudget(long limit)
{
    private readonly Lock _gate = new();
    private long _taken;

    internal long Limit => limit;

    internal long Taken
    {
        get
        {
            lock (_gate)
            {
                return _taken;
            }
        }
    }

    internal bool TryTake(long bytes)
    {
        lock (_gate)
        {
            if (bytes > limit - _taken)
            {
                return false;
            }

            _taken += bytes;
            return true;
        }
    }

    internal void Return(long bytes)
    {
        lock (_gate)
        {
            _taken -= bytes;
        }
    }
}
