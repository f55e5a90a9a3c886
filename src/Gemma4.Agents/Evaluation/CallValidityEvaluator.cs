using Gemma4.Agents.Repair;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.AI.Evaluation;

namespace Gemma4.Agents.Evaluation;

/// <summary>
/// Share of a response's calls that fit a declared tool as they are, without mending: the numeric metric
/// <see cref="MetricName"/>, 0 to 1, and 1 without calls. It needs a <see cref="FunctionCallContext"/> for the tools.
/// </summary>
public sealed class CallValidityEvaluator : IEvaluator
{
    /// <summary>The name of the metric.</summary>
    public const string MetricName = "Valid calls";

    /// <inheritdoc/>
    public IReadOnlyCollection<string> EvaluationMetricNames { get; } = [MetricName];

    /// <inheritdoc/>
    public ValueTask<EvaluationResult> EvaluateAsync(
        IEnumerable<ChatMessage> messages,
        ChatResponse modelResponse,
        ChatConfiguration? chatConfiguration = null,
        IEnumerable<EvaluationContext>? additionalContext = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(modelResponse);
        NumericMetric metric = new(MetricName);
        if (additionalContext?.OfType<FunctionCallContext>().FirstOrDefault() is not { } context)
        {
            metric.AddDiagnostics(EvaluationDiagnostic.Error($"A {nameof(FunctionCallContext)} with the tools is needed."));
            return new(new EvaluationResult(metric));
        }

        CallReading[] readings = [.. modelResponse.Messages.SelectMany(message => message.Contents)
            .OfType<FunctionCallContent>().Select(call => ToolCallRepair.Read(call, context.Tools))];
        metric.Value = readings.Length == 0 ? 1 : readings.Count(reading => reading.IsValid && reading.Repairs.Count == 0) / (double)readings.Length;
        metric.Reason = string.Join(' ', readings.SelectMany(reading => reading.Faults).Select(fault => fault.ToString()));
        return new(new EvaluationResult(metric));
    }
}
