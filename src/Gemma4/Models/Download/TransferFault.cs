using System.Net;

namespace Gemma4.Models.Download;

/// <summary>Something went wrong that another attempt may cure; never leaves the downloader.</summary>
internal sealed class TransferFault(string message, Exception? innerException = null) : Exception(message, innerException)
{
    public TimeSpan? RetryAfter { get; init; }

    public HttpStatusCode? StatusCode { get; init; }

    /// <summary>The bytes so far cannot be trusted: the file starts anew and its progress does not count.</summary>
    public bool Corrupt { get; init; }

    /// <summary>The server answered a range wrongly: ask for the whole file next time.</summary>
    public bool DistrustRanges { get; init; }
}
