using System.Text.Json;
using Gemma4.Safety;
using Gemma4.Safety.Policies;

namespace Gemma4.Cli.Inspect;

/// <summary>
/// <c>{"text","stage","policy"}</c> to <c>{"verdict","rules","spans","score","text"}</c>: what a policy says to a text,
/// without a model.
/// </summary>
internal sealed class SafetyInspector(SafetyEvaluator evaluator) : ILineInspector
{
    public void Answer(JsonElement line, Utf8JsonWriter answer, CancellationToken cancellationToken)
    {
        var stage = line.OptionalText("stage") switch
        {
            null or "input" => SafetyStage.Input,
            "output" => SafetyStage.Output,
            "toolArguments" => SafetyStage.ToolArguments,
            "toolResult" => SafetyStage.ToolResult,
            "document" => SafetyStage.Document,
            var other => throw new FormatException($"\"stage\" is \"{other}\"; input, output, toolArguments, toolResult or document was expected."),
        };
        var verdict = evaluator.EvaluateAsync(line.RequiredText("text"), stage, line.OptionalText("policy"), cancellationToken: cancellationToken)
            .AsTask().GetAwaiter().GetResult();
        answer.WriteString("verdict", verdict.Action switch
        {
            SafetyAction.Refuse => "refuse",
            SafetyAction.Ask => "ask",
            SafetyAction.Redact => "redact",
            SafetyAction.Replace => "replace",
            _ => "allow",
        });
        answer.WriteStartArray("rules");
        foreach (var rule in verdict.Findings.Select(finding => finding.Rule).Distinct())
        {
            answer.WriteStringValue(rule);
        }

        answer.WriteEndArray();
        answer.WriteStartArray("spans");
        foreach (var finding in verdict.Findings.DistinctBy(finding => (finding.Start, finding.End, finding.Entity)))
        {
            answer.WriteStartObject();
            answer.WriteNumber("start", finding.Start);
            answer.WriteNumber("end", finding.End);
            answer.WriteString("type", finding.Entity);
            answer.WriteEndObject();
        }

        answer.WriteEndArray();
        answer.WriteNumber("score", Math.Round(verdict.Score, 4));
        answer.WriteString("text", verdict.Text);
    }
}
