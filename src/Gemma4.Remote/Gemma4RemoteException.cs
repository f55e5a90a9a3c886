namespace Gemma4.Remote;

/// <summary>A server could not be reached, refused the request or gave an answer that cannot be used.</summary>
public sealed class Gemma4RemoteException : InvalidOperationException
{
    /// <summary>An error without details.</summary>
    public Gemma4RemoteException()
        : this("The remote model cannot be used.")
    {
    }

    /// <summary>An error described by <paramref name="message"/>.</summary>
    public Gemma4RemoteException(string message)
        : base(message)
    {
    }

    /// <summary>An error caused by <paramref name="innerException"/>.</summary>
    public Gemma4RemoteException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    /// <summary>The server; null where the whole request ran out of time.</summary>
    public Uri? Endpoint { get; init; }

    /// <summary>The HTTP status; null where no answer came or the answer was not an error.</summary>
    public int? Status { get; init; }

    /// <summary>The server's own code, such as <c>model_not_found</c>; null where it gave none.</summary>
    public string? Code { get; init; }

    /// <summary>How long the server asked to be left alone; null where it did not.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Whether the same request may succeed later or at another server.</summary>
    public bool IsTransient { get; init; }

    /// <summary>Whether asking the same server again soon makes sense; it does not after it ran out of time.</summary>
    internal bool MayRetryHere { get; init; }
}
