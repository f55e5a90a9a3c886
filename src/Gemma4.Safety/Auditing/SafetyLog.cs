using Gemma4.Safety.Policies;
using Microsoft.Extensions.Logging;

namespace Gemma4.Safety.Auditing;

/// <summary>Log messages; none holds content.</summary>
internal static partial class SafetyLog
{
    [LoggerMessage(1, LogLevel.Information, "Safety policy {Policy}: {Action} at {Stage} by {Rule}, {Count} findings, score {Score:F2}")]
    public static partial void Acted(ILogger logger, string policy, SafetyAction action, SafetyStage stage, string rule, int count, double score);

    [LoggerMessage(2, LogLevel.Debug, "Safety policy {Policy}: {Rule} found {Count} at {Stage}, score {Score:F2}")]
    public static partial void Found(ILogger logger, string policy, string rule, int count, SafetyStage stage, double score);

    [LoggerMessage(3, LogLevel.Error, "Safety filter {Filter} failed with {Problem}")]
    public static partial void FilterFailed(ILogger logger, string filter, string problem);
}
