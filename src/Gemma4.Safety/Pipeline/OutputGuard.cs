using Gemma4.Safety.Policies;
using Gemma4.Safety.Tools;
using Microsoft.Extensions.AI;

namespace Gemma4.Safety.Pipeline;

/// <summary>Makes from what comes out of the model what the caller may see. Texts of one kind in a row are one stretch.</summary>
internal sealed class OutputGuard(RequestRun run)
{
    private readonly Dictionary<string, FunctionCallContent> _held = new(StringComparer.Ordinal);
    private List<AIContent> _decided = [];
    private StreamGuard? _guard;
    private bool _isThought;
    private List<AIAnnotation>? _annotations;
    private readonly Dictionary<string, string> _properties = new(StringComparer.Ordinal); // the text under each key

    /// <summary>Set when the answer ends in a refusal.</summary>
    public Refusal? Refusal { get; private set; }

    /// <summary>Set when the answer ends in a replacement.</summary>
    public bool IsOver { get; private set; }

    /// <summary>Whether any text of the answer came out.</summary>
    public bool HasText { get; private set; }

    /// <summary>The properties that may be shown. Numbers and truth values may; texts and objects are judged.</summary>
    /// <param name="properties">Those of an answer, a message or an update.</param>
    /// <param name="isPart">Whether a text may go on under the same key in a later update: then only the first is shown, for its end is not known.</param>
    /// <param name="cancellationToken">Ends the wait for filters.</param>
    public async ValueTask<AdditionalPropertiesDictionary?> PropertiesAsync(AdditionalPropertiesDictionary? properties, bool isPart, CancellationToken cancellationToken)
    {
        if (properties is null)
        {
            return null;
        }

        var shown = new AdditionalPropertiesDictionary();
        foreach (var (key, value) in properties)
        {
            var isPlain = value is null or bool or byte or int or long or float or double or decimal or Enum or TimeSpan or DateTime or DateTimeOffset or ITrustedProperty;
            var isRepeated = isPart && value is string text && !_properties.TryAdd(key, text) && _properties[key] != text;
            if (!isRepeated && await IsCleanAsync(key, cancellationToken).ConfigureAwait(false) && (isPlain || await IsCleanValueAsync(value!, cancellationToken).ConfigureAwait(false)))
            {
                shown[key] = value;
            }
        }

        return shown;
    }

    public async ValueTask ProcessAsync(AIContent content, List<AIContent> output, CancellationToken cancellationToken)
    {
        switch (content)
        {
            case TextContent text:
                await TextAsync(text.Text, isThought: false, output, cancellationToken).ConfigureAwait(false);
                await AnnotationsAsync(text.Annotations, cancellationToken).ConfigureAwait(false);
                break;
            case TextReasoningContent thought:
                await TextAsync(thought.Text, isThought: true, output, cancellationToken).ConfigureAwait(false);
                break;
            case UsageContent usage:
                output.Add(new UsageContent(usage.Details));
                break;
            default:
                await FlushAsync(output, cancellationToken).ConfigureAwait(false);
                if (!IsOver)
                {
                    await OtherAsync(content, output, cancellationToken).ConfigureAwait(false);
                }

                break;
        }
    }

    /// <summary>Ends a stretch of text.</summary>
    public async ValueTask FlushAsync(List<AIContent> output, CancellationToken cancellationToken)
    {
        if (_guard is not { } guard)
        {
            return;
        }

        var text = await guard.CompleteAsync(cancellationToken).ConfigureAwait(false);
        _guard = null;
        Emit(text, output, isEnd: true);
        run.Judge.Report(SafetyStage.Output, guard.Hits);
        _annotations = null;
        if (!IsOver)
        {
            End(guard, output);
        }
    }

    /// <summary>The calls, or questions about them, that waited for what was processed last. They are the model's and not the tool's: a message before.</summary>
    public List<AIContent> TakeDecided()
    {
        var decided = _decided;
        _decided = [];
        return decided;
    }

    /// <summary>Lets out the calls that waited for their result and never got one.</summary>
    public void ReleaseCalls(List<AIContent> output)
    {
        foreach (var call in _held.Values)
        {
            output.Add(run.TryWaiting(call.CallId, out var waiting) ? run.Question(waiting.Call) : call);
        }

        _held.Clear();
    }

    private async ValueTask TextAsync(string piece, bool isThought, List<AIContent> output, CancellationToken cancellationToken)
    {
        if (_guard is not null && _isThought != isThought && piece.Length > 0)
        {
            await FlushAsync(output, cancellationToken).ConfigureAwait(false);
        }

        if (IsOver || piece.Length == 0)
        {
            return;
        }

        _isThought = isThought;
        var guard = _guard ??= new StreamGuard(run.Judge, run.Pseudonyms?.CreateRestorer(), isThought);
        Emit(await guard.AppendAsync(piece, cancellationToken).ConfigureAwait(false), output, isEnd: false);
        if (IsOver)
        {
            _guard = null;
            run.Judge.Report(SafetyStage.Output, guard.Hits);
        }
        else if (guard.Stop is not null)
        {
            await FlushAsync(output, cancellationToken).ConfigureAwait(false);
        }
    }

    private void End(StreamGuard guard, List<AIContent> output)
    {
        if (guard.Stop is not { } stop)
        {
            return;
        }

        IsOver = true;
        if (stop.Action == SafetyAction.Replace)
        {
            output.Add(Labelled(new TextContent(stop.Rule.Settings.Replacement)));
        }
        else
        {
            Refusal = Pipeline.Refusal.Of(stop, SafetyStage.Output);
        }
    }

    private void Emit(string judged, List<AIContent> output, bool isEnd)
    {
        var text = run.Output.Append(judged) + (isEnd ? run.Output.Complete() : "");
        EndOverBudget();
        if (text.Length == 0)
        {
            return;
        }

        if (_isThought)
        {
            output.Add(Labelled(new TextReasoningContent(text)));
            return;
        }

        HasText = true;
        output.Add(Labelled(new TextContent(text) { Annotations = _annotations is { Count: > 0 } ? [.. _annotations] : null }));
        _annotations = null;
    }

    private T Labelled<T>(T content)
        where T : AIContent => run.Label >= IntegrityLabel.Tool ? content.WithIntegrity(run.Label) : content;

    // An annotation quotes its source; one that quotes what the policy cuts is dropped.
    private async ValueTask AnnotationsAsync(IList<AIAnnotation>? annotations, CancellationToken cancellationToken)
    {
        foreach (var annotation in annotations ?? [])
        {
            if (annotation is CitationAnnotation citation && await IsCleanAsync($"{citation.Title}\n{citation.Snippet}\n{citation.Url}", cancellationToken).ConfigureAwait(false))
            {
                (_annotations ??= []).Add(new CitationAnnotation
                {
                    Title = Restored(citation.Title),
                    Snippet = Restored(citation.Snippet),
                    Url = citation.Url,
                    FileId = citation.FileId,
                    ToolName = citation.ToolName,
                    AnnotatedRegions = citation.AnnotatedRegions,
                    AdditionalProperties = await PropertiesAsync(citation.AdditionalProperties, isPart: false, cancellationToken).ConfigureAwait(false),
                });
            }
        }
    }

    private string? Restored(string? text) => text is null ? null : run.Restore(text);

    private async ValueTask<bool> IsCleanAsync(string text, CancellationToken cancellationToken)
    {
        var hits = await run.Judge.JudgeAsync(text, SafetyStage.Output, cancellationToken, isAnswer: false).ConfigureAwait(false);
        run.Judge.Report(SafetyStage.Output, hits);
        return Rewriter.Strictest(hits) < SafetyAction.Redact;
    }

    private async ValueTask<bool> IsCleanValueAsync(object value, CancellationToken cancellationToken)
    {
        try
        {
            return await IsCleanAsync(ValueText.Of(value).Text, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception problem) when (problem is NotSupportedException or System.Text.Json.JsonException or InvalidOperationException)
        {
            return false; // what cannot be read is not shown
        }
    }

    private async ValueTask OtherAsync(AIContent content, List<AIContent> output, CancellationToken cancellationToken)
    {
        switch (content)
        {
            case FunctionCallContent call:
                await CallAsync(call, output, cancellationToken).ConfigureAwait(false);
                break;
            case FunctionResultContent result:
                await ResultAsync(result, output, cancellationToken).ConfigureAwait(false);
                break;
            case ToolApprovalRequestContent { ToolCall: FunctionCallContent asked } request:
                var verdict = await run.DecideAsync(asked, isRun: false, cancellationToken).ConfigureAwait(false);
                output.Add(run.Question(verdict.Call, request.RequestId));
                break;
            case ToolApprovalRequestContent request:
                if (await IsCleanValueAsync(request.ToolCall, cancellationToken).ConfigureAwait(false))
                {
                    output.Add(run.Question(request.ToolCall, request.RequestId));
                }

                break;
            case UriContent { Uri.Scheme: "data" } address:
                if (AttachedText.Unwrap(address) is { } unwrapped)
                {
                    await OtherAsync(unwrapped, output, cancellationToken).ConfigureAwait(false);
                }

                break;
            case UriContent uri when !await IsCleanAsync($"![]({uri.Uri})", cancellationToken).ConfigureAwait(false):
                break;
            case ErrorContent error:
                output.Add(await IsCleanAsync(error.Message, cancellationToken).ConfigureAwait(false)
                    ? new ErrorContent(error.Message) { ErrorCode = error.ErrorCode }
                    : new ErrorContent("The error text was withheld by the safety policy.") { ErrorCode = error.ErrorCode });
                break;
            case DataContent data when AttachedText.TryRead(data, out var attached) && !await IsCleanAsync(attached, cancellationToken).ConfigureAwait(false):
                break;
            case DataContent data:
                output.Add(new DataContent(data.Data, data.MediaType)
                {
                    Name = data.Name is { } name && await IsCleanAsync(name, cancellationToken).ConfigureAwait(false) ? name : null,
                    AdditionalProperties = await PropertiesAsync(data.AdditionalProperties, isPart: false, cancellationToken).ConfigureAwait(false),
                });
                break;
            default:
                content.RawRepresentation = null;
                foreach (var annotation in content.Annotations ?? [])
                {
                    annotation.RawRepresentation = null;
                }

                if (await IsCleanValueAsync(content, cancellationToken).ConfigureAwait(false))
                {
                    output.Add(content);
                }

                break;
        }
    }

    private void EndOverBudget()
    {
        if (run.Output.Broken is { } rule && !IsOver)
        {
            IsOver = true;
            Refusal = run.OverBudget(rule, SafetyStage.Output);
        }
    }

    private async ValueTask CallAsync(FunctionCallContent call, List<AIContent> output, CancellationToken cancellationToken)
    {
        run.Output.Spend($"{call.Name}\n{ValueText.TextOf(call.Arguments)}");
        EndOverBudget();
        if (IsOver)
        {
            return;
        }

        var verdict = await run.DecideAsync(call, isRun: false, cancellationToken).ConfigureAwait(false);
        var shown = Labelled(verdict.Call);
        if (run.RunsTools)
        {
            // What was decided about the call is seen with its result; the guarded function decides.
            if (verdict.Decision == ToolDecision.Block)
            {
                output.Add(new FunctionCallContent(call.CallId, verdict.Call.Name) { InformationalOnly = true });
            }
            else if ((!call.InformationalOnly || run.TryWaiting(call.CallId, out _)) && run.MayAsk(call.Name))
            {
                _held[call.CallId] = shown;
            }
            else
            {
                output.Add(shown);
            }

            return;
        }

        switch (verdict.Decision)
        {
            case ToolDecision.Run:
                output.Add(shown);
                break;
            case ToolDecision.Ask:
                output.Add(run.Question(shown));
                break;
            default:
                IsOver = true;
                Refusal = new Refusal(verdict.Rule, SafetyStage.ToolArguments, verdict.Category, verdict.Score);
                break;
        }
    }

    private async ValueTask ResultAsync(FunctionResultContent result, List<AIContent> output, CancellationToken cancellationToken)
    {
        // Under a repeated id, the result of the call that ran is no question about the one that waits.
        var isWaiting = run.TryWaiting(result.CallId, out var waiting) && (result.Result is GuardedFunction.Waiting || !run.TryResult(result.CallId, out _));
        if (_held.Remove(result.CallId, out var call))
        {
            _decided.Add(isWaiting ? run.Question(waiting.Call) : call);
        }

        if (isWaiting)
        {
            return;
        }

        if (!run.TryResult(result.CallId, out var shown))
        {
            await run.ResultAsync(result.CallId, tool: null, result.Result, cancellationToken).ConfigureAwait(false);
            run.TryResult(result.CallId, out shown);
        }

        output.Add(new FunctionResultContent(result.CallId, shown).WithIntegrity(IntegrityLabel.Tool));
    }
}
