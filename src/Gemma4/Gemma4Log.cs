using Microsoft.Extensions.Logging;

namespace Gemma4;

/// <summary>Log messages of the chat client. Prompt text appears at Trace level only.</summary>
internal static partial class Gemma4Log
{
    [LoggerMessage(1, LogLevel.Information, "Model {Directory} loaded in {Milliseconds:F0} ms, context of {MaxContextTokens} tokens")]
    public static partial void ModelLoaded(ILogger logger, string directory, double milliseconds, int maxContextTokens);

    [LoggerMessage(2, LogLevel.Information, "Model {Directory} unloaded after idle time")]
    public static partial void ModelUnloaded(ILogger logger, string directory);

    [LoggerMessage(3, LogLevel.Trace, "Prompt of response {ResponseId}: {Prompt}")]
    public static partial void Prompt(ILogger logger, string responseId, string prompt);

    [LoggerMessage(4, LogLevel.Debug, "Response {ResponseId}: {InputTokens} tokens in ({CachedTokens} of them read before), {OutputTokens} out, {FinishReason}, {Milliseconds:F0} ms")]
    public static partial void ResponseCompleted(ILogger logger, string responseId, int inputTokens, int cachedTokens, int outputTokens, string finishReason, double milliseconds);

    [LoggerMessage(5, LogLevel.Warning, "Response {ResponseId}: {Count} tool calls could not be read")]
    public static partial void UnreadableCalls(ILogger logger, string responseId, int count);

    [LoggerMessage(6, LogLevel.Information, "Model {Directory} also has parts for {Parts}; they are not run, so the model reads text only")]
    public static partial void PartsIgnored(ILogger logger, string directory, string parts);

    [LoggerMessage(7, LogLevel.Warning, "Not enforced while generating: {Warning} The rest of the schema is; set AdditionalProperties[\"strict\"] to true to refuse such schemas")]
    public static partial void NotEnforced(ILogger logger, string warning);

    [LoggerMessage(8, LogLevel.Warning, "A step for {Count} responses at once failed; each goes on alone. Not said again until one succeeds")]
    public static partial void BatchFailed(ILogger logger, Exception exception, int count);

    [LoggerMessage(9, LogLevel.Warning, "A listener of the meter threw; its measurements may be wrong. Not said again")]
    public static partial void ListenerFailed(ILogger logger, Exception exception);

    [LoggerMessage(10, LogLevel.Warning, "Model {Directory} could not be freed after idle time; its memory may stay taken. The next request loads it anew")]
    public static partial void UnloadFailed(ILogger logger, Exception exception, string directory);
}
