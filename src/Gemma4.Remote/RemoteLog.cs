using Microsoft.Extensions.Logging;

namespace Gemma4.Remote;

/// <summary>Log messages of the remote client. Neither keys nor text of prompts or answers appear.</summary>
internal static partial class RemoteLog
{
    [LoggerMessage(1, LogLevel.Warning, "{Endpoint} failed ({Reason}); try {Try} of {Tries} in {Milliseconds:F0} ms")]
    public static partial void Retrying(ILogger logger, Uri? endpoint, string reason, int @try, int tries, double milliseconds);

    [LoggerMessage(2, LogLevel.Warning, "{Endpoint} failed ({Reason}); going on with {Next}")]
    public static partial void FailingOver(ILogger logger, Uri? endpoint, string reason, Uri next);

    [LoggerMessage(3, LogLevel.Warning, "The key for {Endpoint} is sent without encryption; use https outside a trusted network")]
    public static partial void PlainKey(ILogger logger, Uri endpoint);

    [LoggerMessage(4, LogLevel.Information, "The local model is overloaded ({Reason}); this request goes to the other client")]
    public static partial void Overflow(ILogger logger, string reason);
}
