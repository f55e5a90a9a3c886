namespace Gemma4;

/// <summary>
/// The attention caches of all sessions together have reached their budget. The session that asked is as it was before;
/// the call may succeed once other sessions are disposed.
/// </summary>
public sealed class Gemma4CacheFullException : InvalidOperationException
{
    /// <summary>An error without details.</summary>
    public Gemma4CacheFullException()
        : this("The attention caches have reached their budget.")
    {
    }

    /// <summary>An error described by <paramref name="message"/>.</summary>
    public Gemma4CacheFullException(string message)
        : base(message)
    {
    }

    /// <summary>An error caused by <paramref name="innerException"/>.</summary>
    public Gemma4CacheFullException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
