using System.Collections.Concurrent;
using System.Text;
using Gemma4.Safety.Auditing;
using Gemma4.Safety.Detection;
using Gemma4.Safety.Policies;
using Gemma4.Safety.Tools;
using Microsoft.Extensions.AI;

namespace Gemma4.Safety.Pipeline;

/// <summary>What is known during one request: its policy, its placeholders, what is untrusted, which calls wait.</summary>
internal sealed class RequestRun
{
    // What the caller sees in place of a tool's name that the policy does not let out.
    private const string HiddenName = "withheld";

    private readonly ApprovalLedger _ledger;
    private readonly TimeSpan _approvalLifetime;
    private readonly ConcurrentDictionary<string, bool> _approved = new(StringComparer.Ordinal); // digests of calls; calls may run side by side
    private readonly ConcurrentDictionary<string, object?> _results = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, CallVerdict> _waiting = new(StringComparer.Ordinal);
    private readonly SafetyRecorder _recorder;
    private int _calls;

    public RequestRun(TextJudge judge, SafetyRecorder recorder, ApprovalLedger ledger, SafetyOptions options, bool runsTools)
    {
        Input = new InputMeter(judge.Policy.Budget, options.CountTokens);
        Output = new OutputMeter(judge.Policy.Budget, options.CountTokens);
        Judge = judge;
        RunsTools = runsTools;
        _recorder = recorder;
        _ledger = ledger;
        _approvalLifetime = options.ApprovalLifetime;
        Pseudonyms = judge.Policy.UsesPseudonyms ? new Pseudonyms() : null;
    }

    public TextJudge Judge { get; }

    public CompiledPolicy Policy => Judge.Policy;

    /// <summary>Whether calls are run further inside, through guarded functions.</summary>
    public bool RunsTools { get; }

    public Pseudonyms? Pseudonyms { get; }

    public InputMeter Input { get; }

    public OutputMeter Output { get; }

    /// <summary>The least trusted label in the conversation so far.</summary>
    public IntegrityLabel Label { get; private set; }

    public void Lower(IntegrityLabel label) => Label = label > Label ? label : Label;

    public void Approve(FunctionCallContent call) => _approved[ApprovalLedger.DigestOf(call)] = true;

    public string Restore(string text) => Pseudonyms?.Restore(text) ?? text;

    public bool TryResult(string callId, out object? result) => _results.TryGetValue(callId, out result);

    public bool TryWaiting(string callId, out CallVerdict verdict) => _waiting.TryGetValue(callId, out verdict!);

    public bool MayAsk(string tool) => Policy.Tools.Ask.Contains(tool) || Policy.Tools.Untrusted == ToolDecision.Ask
        || Policy.Tools.Arguments.Any(rule => rule.Tool == tool && rule.Otherwise == ToolDecision.Ask)
        || Policy.At(SafetyStage.ToolArguments).Any(rule => rule.Settings.Action == SafetyAction.Ask);

    public void Wait(CallVerdict verdict) => _waiting[verdict.Call.CallId] = verdict;

    public string Noted(string callId, string text)
    {
        _results[callId] = text;
        return text;
    }

    /// <summary>Asks a person about a call.</summary>
    public ToolApprovalRequestContent Question(ToolCallContent call, string? requestId = null)
    {
        var request = new ToolApprovalRequestContent(requestId ?? $"approve_{call.CallId}", call);
        _ledger.Ask(request, _approvalLifetime);
        return request;
    }

    /// <summary>Tells that a limit of the request was passed.</summary>
    public Refusal OverBudget(string rule, SafetyStage stage)
    {
        _recorder.Record(Policy.Name, stage, SafetyAction.Refuse, rule, RiskCategory.Budget, 1, 1);
        return Refusal.OfBudget(rule, stage);
    }

    /// <summary>Decides about a call and makes the arguments that the tool gets.</summary>
    public async ValueTask<CallVerdict> DecideAsync(FunctionCallContent call, bool isRun, CancellationToken cancellationToken)
    {
        var restored = new Dictionary<string, object?>(StringComparer.Ordinal);
        // Names come from the model too, and nothing can be cut from them: what would be cut elsewhere blocks the call.
        var names = string.Join('\n', (call.Arguments?.Keys ?? []).Prepend(call.Name));
        var hits = (await Judge.JudgeAsync(names, SafetyStage.ToolArguments, cancellationToken).ConfigureAwait(false))
            .ConvertAll(hit => hit.Action is SafetyAction.Redact or SafetyAction.Replace ? hit with { Action = SafetyAction.Refuse } : hit);
        var isNamed = hits.Exists(hit => hit.Action == SafetyAction.Refuse);
        foreach (var (name, value) in call.Arguments ?? new Dictionary<string, object?>())
        {
            var argument = ValueText.Of(value).Rewrite([], (text, _) => Restore(text));
            var texts = ValueText.Of(argument);
            var found = await Judge.JudgeAsync(texts.Text, SafetyStage.ToolArguments, cancellationToken).ConfigureAwait(false);
            restored[name] = texts.Rewrite(found, (text, within) => Rewriter.Apply(text, within, pseudonyms: null));
            if (found.Find(hit => hit.Action == SafetyAction.Replace) is { Rule: { } rule })
            {
                restored[name] = rule.Settings.Replacement;
            }

            hits.AddRange(found);
        }

        var final = new FunctionCallContent(call.CallId, isNamed ? HiddenName : call.Name, isNamed ? [] : restored) { Exception = await CleanAsync(call.Exception, cancellationToken).ConfigureAwait(false), InformationalOnly = call.InformationalOnly };
        var verdict = Decide(final, hits, isRun);
        // Whether this decides over the call, or only over what is seen of it.
        var isFinal = isRun || !RunsTools;
        // An approval is for one run: a model may repeat the call, and some servers repeat the ids.
        if (isFinal && verdict.Decision == ToolDecision.Ask && _approved.TryRemove(ApprovalLedger.DigestOf(final), out _))
        {
            verdict = verdict with { Decision = ToolDecision.Run };
        }

        if (isFinal)
        {
            Judge.Report(SafetyStage.ToolArguments, hits);
            if (verdict.Decision != ToolDecision.Run && verdict.Category == RiskCategory.ToolUse)
            {
                var action = verdict.Decision == ToolDecision.Ask ? SafetyAction.Ask : SafetyAction.Refuse;
                _recorder.Record(Policy.Name, SafetyStage.ToolArguments, action, verdict.Rule, verdict.Category, verdict.Score, 1);
            }
        }

        return verdict;
    }

    /// <summary>What the model gets of a result; what the caller gets is kept beside it.</summary>
    public async ValueTask<object?> ResultAsync(string callId, string? tool, object? result, CancellationToken cancellationToken)
    {
        if (tool is null || !Policy.Tools.TrustedResults.Contains(tool))
        {
            Lower(IntegrityLabel.Tool);
        }

        ValueText texts;
        try
        {
            texts = ValueText.Of(result);
        }
        catch (Exception problem) when (problem is NotSupportedException or System.Text.Json.JsonException or InvalidOperationException)
        {
            _recorder.Failed("tool-result", problem);
            return Noted(callId, "[withheld: the result cannot be examined]");
        }

        var hits = await Judge.JudgeAsync(texts.Text, SafetyStage.ToolResult, cancellationToken).ConfigureAwait(false);
        Judge.Report(SafetyStage.ToolResult, hits);
        if (Withheld(hits) is { } notice)
        {
            return Noted(callId, notice);
        }

        var forModel = texts.Rewrite(hits, (text, within) => Rewriter.Apply(text, within, Pseudonyms));
        _results[callId] = ValueText.Of(forModel).Rewrite([], (text, _) => Restore(text));
        return Spotlight(forModel);
    }

    /// <summary>Whether the messages of an exception may be read by model and caller.</summary>
    public async ValueTask<bool> IsCleanAsync(Exception problem, SafetyStage stage, CancellationToken cancellationToken)
    {
        var messages = new StringBuilder();
        for (var inner = problem; inner is not null; inner = inner.InnerException)
        {
            messages.Append(inner.Message).Append('\n');
        }

        var hits = await Judge.JudgeAsync(messages.ToString(), stage, cancellationToken, isAnswer: false).ConfigureAwait(false);
        Judge.Report(stage, hits);
        return Rewriter.Strictest(hits) < SafetyAction.Redact;
    }

    /// <summary>Continues the count of a request whose earlier part ran elsewhere.</summary>
    public void Resume(IntegrityLabel label, int calls)
    {
        Lower(label);
        _calls = calls;
    }

    /// <summary>The text that stands in the place of a withheld one, or null when it may stay.</summary>
    public static string? Withheld(IReadOnlyList<Hit> hits) => Rewriter.Decisive(hits) switch
    {
        { Action: SafetyAction.Refuse } hit => $"[withheld by the safety policy: {hit.Finding.Rule}]",
        { Action: SafetyAction.Replace } hit => hit.Rule.Settings.Replacement,
        _ => null,
    };

    // The message of an unreadable call may quote what the model wrote.
    private async ValueTask<Exception?> CleanAsync(Exception? problem, CancellationToken cancellationToken) =>
        problem is null || await IsCleanAsync(problem, SafetyStage.ToolArguments, cancellationToken).ConfigureAwait(false)
            ? problem
            : new InvalidOperationException($"The call could not be read ({problem.GetType().Name}).");

    private object? Spotlight(object? value)
    {
        var kind = Policy.Tools.Spotlighting;
        return kind == Spotlighting.None ? value : SpotlightMarks.Apply(JsonValues.ToText(value), kind);
    }

    private CallVerdict Decide(FunctionCallContent call, List<Hit> hits, bool isRun)
    {
        var tools = Policy.Tools;
        var number = isRun ? Interlocked.Increment(ref _calls) : _calls;
        var best = (Decision: ToolDecision.Run, Rule: "", Category: RiskCategory.ToolUse, Score: 0.0);
        Consider(tools.MaxCalls > 0 && number > tools.MaxCalls, ToolDecision.Block, "tools/max-calls");
        Consider(tools.Allowed is { } allowed && !allowed.Contains(call.Name), ToolDecision.Block, "tools/not-allowed");
        Consider(true, ArgumentRuleCheck.Decide(tools.Arguments, call.Name, call.Arguments!), "tools/argument");
        Consider(Label >= IntegrityLabel.Tool && !tools.AllowedUntrusted.Contains(call.Name), tools.Untrusted, "tools/untrusted-context");
        Consider(tools.Ask.Contains(call.Name), ToolDecision.Ask, "tools/ask");
        if (Rewriter.Decisive(hits) is { Action: >= SafetyAction.Ask } hit)
        {
            var decision = hit.Action == SafetyAction.Ask ? ToolDecision.Ask : ToolDecision.Block;
            if (decision > best.Decision)
            {
                best = (decision, hit.Finding.Rule, hit.Finding.Category, hit.Finding.Score);
            }
        }

        return new CallVerdict(best.Decision, best.Rule, best.Category, best.Score, call);

        void Consider(bool applies, ToolDecision decision, string rule)
        {
            if (applies && decision > best.Decision)
            {
                best = (decision, rule, RiskCategory.ToolUse, 1);
            }
        }
    }
}
