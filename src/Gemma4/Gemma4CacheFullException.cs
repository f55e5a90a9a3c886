namespace Gemma4;

/// <summary>
/// The attention caches of all sessions of an engine together have reached the memory they may take. The call that
/// failed has changed nothing: free a session and call again.
/// </summary>
public sealed class Gemma4CacheFullException : InvalidOperationException
{
    /// <summary>Creates the exception without a message of its own.</summary>
    public Gemma4CacheFullException()
    {
    }

    /// <summary>Creates the exception with what was needed and what is allowed.</summary>
    public Gemma4CacheFullException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with its cause.</summary>
    public Gemma4CacheFullException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
