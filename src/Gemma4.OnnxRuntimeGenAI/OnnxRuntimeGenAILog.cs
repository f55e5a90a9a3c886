using Microsoft.Extensions.Logging;

namespace Gemma4.OnnxRuntimeGenAI;

/// <summary>Log messages of the native engine.</summary>
internal static partial class OnnxRuntimeGenAILog
{
    [LoggerMessage(20, LogLevel.Information, "onnxruntime-genai loaded from {Path}")]
    public static partial void LibraryLoaded(ILogger logger, string path);

    [LoggerMessage(21, LogLevel.Warning, "Provider {Provider} cannot be used, the model runs on the processor: {Reason}")]
    public static partial void FellBackToCpu(ILogger logger, string provider, string reason);

    [LoggerMessage(22, LogLevel.Debug, "onnxruntime-genai: {Message}")]
    public static partial void NativeMessage(ILogger logger, string message);
}
