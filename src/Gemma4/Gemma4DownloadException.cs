using System.Net;

namespace Gemma4;

/// <summary>
/// A model could not be fetched or is not in the cache. The message says what is missing and the way out; what was
/// already fetched stays and the next attempt continues with it. Cancellation is not one of these errors.
/// </summary>
public sealed class Gemma4DownloadException : Gemma4ModelException
{
    /// <summary>An error without details.</summary>
    public Gemma4DownloadException()
        : this("The model cannot be fetched.")
    {
    }

    /// <summary>An error described by <paramref name="message"/>.</summary>
    public Gemma4DownloadException(string message)
        : base(message)
    {
    }

    /// <summary>An error caused by <paramref name="innerException"/>.</summary>
    public Gemma4DownloadException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    /// <summary>The server's last answer, when it refused; null for every other failure.</summary>
    public HttpStatusCode? StatusCode { get; init; }
}
