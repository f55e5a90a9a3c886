using Microsoft.Extensions.Logging;

namespace Gemma4.SemanticKernel;

/// <summary>Log messages of the connector. Arguments and results of functions are not logged.</summary>
internal static partial class ConnectorLog
{
    [LoggerMessage(1, LogLevel.Debug, "A filter ended the tool loop at {Plugin}.{Function}")]
    public static partial void Terminated(ILogger logger, string? plugin, string function);

    [LoggerMessage(2, LogLevel.Warning, "Function {Plugin}.{Function} failed")]
    public static partial void FunctionThrew(ILogger logger, string? plugin, string function, Exception exception);

    [LoggerMessage(3, LogLevel.Debug, "The call of {Plugin}.{Function} was answered with: {Error}")]
    public static partial void CallFailed(ILogger logger, string? plugin, string function, string error);

    [LoggerMessage(4, LogLevel.Warning, "The tool loop stopped after {Count} requests; the last calls are returned without being run")]
    public static partial void LoopLimit(ILogger logger, int count);
}
