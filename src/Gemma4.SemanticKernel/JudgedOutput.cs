using Gemma4.Safety.Pipeline;
using Gemma4.Safety.Policies;
using Gemma4.Safety.Tools;
using AI = Microsoft.Extensions.AI;

namespace Gemma4.SemanticKernel;

/// <summary>What a policy makes of a function's result.</summary>
/// <param name="Value">The result as it may go on: a text or JSON.</param>
/// <param name="IsChanged">Whether it is another than the function's.</param>
/// <param name="Refusal">Why it is withheld, or null.</param>
internal sealed record JudgedOutput(object? Value, bool IsChanged, Refusal? Refusal)
{
    public bool IsWithheld => Refusal is not null;

    public static async ValueTask<JudgedOutput> OfAsync(RequestRun run, FunctionOutput output, CancellationToken cancellationToken)
    {
        // Of an image or a list of contents the text is judged; the rest is not read.
        object value = output.Value is AI.AIContent or IEnumerable<AI.AIContent> ? output.Text : output.Value;
        ValueText texts = ValueText.Of(value);
        List<Hit> hits = await run.Judge.JudgeAsync(texts.Text, SafetyStage.ToolResult, cancellationToken).ConfigureAwait(false);
        run.Judge.Report(SafetyStage.ToolResult, hits);
        if (RequestRun.Withheld(hits) is { } notice)
        {
            return new JudgedOutput(notice, IsChanged: true, Refusal.Of(Rewriter.Decisive(hits)!.Value, SafetyStage.ToolResult));
        }

        object? seen = texts.Rewrite(hits, (text, within) => Rewriter.Apply(text, within, run.Pseudonyms));
        return new JudgedOutput(seen, !Equals(seen, value), Refusal: null);
    }
}
