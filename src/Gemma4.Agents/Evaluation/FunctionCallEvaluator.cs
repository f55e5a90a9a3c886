using Microsoft.Extensions.AI;
using Microsoft.Extensions.AI.Evaluation;

namespace Gemma4.Agents.Evaluation;

/// <summary>
/// The leaderboard's rules as an evaluator of Microsoft.Extensions.AI: gives the Boolean metric <see cref="MetricName"/>.
/// It needs a <see cref="FunctionCallContext"/> and no model.
/// </summary>
public sealed class FunctionCallEvaluator : IEvaluator
{
    /// <summary>The name of the metric.</summary>
    public const string MetricName = "Function calls right";

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
        BooleanMetric metric = new(MetricName);
        if (additionalContext?.OfType<FunctionCallContext>().FirstOrDefault() is not { } context)
        {
            metric.AddDiagnostics(EvaluationDiagnostic.Error($"A {nameof(FunctionCallContext)} with the expected calls is needed."));
            return new(new EvaluationResult(metric));
        }

        CallVerdict verdict = CallChecker.Check(BfclEvaluation.Calls(modelResponse), context.Expected, context.Tools);
        metric.Value = verdict.IsRight;
        metric.Reason = verdict.IsRight ? "The calls are right." : $"{verdict.Error}: {verdict.Detail}";
        metric.Interpretation = new EvaluationMetricInterpretation(
            verdict.IsRight ? EvaluationRating.Exceptional : EvaluationRating.Unacceptable, failed: !verdict.IsRight, metric.Reason);
        return new(new EvaluationResult(metric));
    }
}
