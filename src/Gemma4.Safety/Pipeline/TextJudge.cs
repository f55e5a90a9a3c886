using System.Collections.Concurrent;
using System.Text.Json;
using Gemma4.Safety.Auditing;
using Gemma4.Safety.Detection;
using Gemma4.Safety.Detection.Content;
using Gemma4.Safety.Detection.Schemas;
using Gemma4.Safety.Policies;
using Microsoft.Extensions.AI;

namespace Gemma4.Safety.Pipeline;

/// <summary>Asks the rules of one policy about texts, each within its time; what fails or is late counts against the text.</summary>
internal sealed class TextJudge
{
    private readonly CompiledPolicies _policies;
    private readonly CompiledPolicy _policy;
    private readonly SafetyRecorder _recorder;
    private readonly string _systemText;
    private readonly ITextDetector? _requestedForm;
    private readonly ConcurrentDictionary<CompiledRule, ITextDetector> _leakDetectors = []; // calls may be judged side by side

    /// <exception cref="NotSupportedException">A rule reads the response format, and its schema cannot be checked.</exception>
    public TextJudge(CompiledPolicies policies, CompiledPolicy policy, SafetyRecorder recorder, string systemText = "", ChatResponseFormat? format = null)
    {
        _policies = policies;
        _policy = policy;
        _recorder = recorder;
        _systemText = systemText;
        if (format is ChatResponseFormatJson json && policy.Rules.Any(rule => rule.Settings.UseResponseFormat))
        {
            _requestedForm = new MalformedJsonDetector(schema: json.Schema is { } schema ? SchemaOf(schema) : null);
        }
    }

    public CompiledPolicy Policy => _policy;

    /// <summary>The rules that this request asks.</summary>
    /// <param name="stage">Where the text stands.</param>
    /// <param name="isAnswer">Whether the text is an answer by itself, or else a thought or something that stands beside an answer.</param>
    public IEnumerable<CompiledRule> RulesAt(SafetyStage stage, bool isAnswer = true) => _policy.At(stage).Where(rule =>
        !rule.IsAboutForm || (isAnswer && (!rule.Settings.UseResponseFormat || _requestedForm is not null)));

    /// <summary>All findings of a whole text with what follows from them, in the order of the text.</summary>
    public async ValueTask<List<Hit>> JudgeAsync(string text, SafetyStage stage, CancellationToken cancellationToken, bool isAnswer = true)
    {
        var hits = new List<Hit>();
        if (text.Length == 0)
        {
            return hits;
        }

        var view = new TextView(text);
        // Once for all rules, and not at all where none of them remembers.
        var hash = new Lazy<UInt128>(() => VerdictCache.HashOf(text));
        var read = new Dictionary<object, IReadOnlyList<Finding>>(ReferenceEqualityComparer.Instance);
        foreach (var rule in RulesAt(stage, isAnswer))
        {
            object reader = rule.Filter ?? (object)DetectorOf(rule);
            if (!read.TryGetValue(reader, out var findings))
            {
                read[reader] = findings = await ReadCachedAsync(rule, view, hash, stage, cancellationToken).ConfigureAwait(false);
            }

            Add(rule, findings, hits, stage, text, 0);
        }

        hits.Sort((left, right) => left.Start.CompareTo(right.Start));
        return hits;
    }

    /// <summary>What one rule finds, without memory: for pieces of a stream.</summary>
    public ValueTask<IReadOnlyList<Finding>> ReadAsync(CompiledRule rule, TextView view, SafetyStage stage, CancellationToken cancellationToken)
    {
        if (!rule.IsFast)
        {
            return WatchAsync(rule, view, stage, cancellationToken);
        }

        var started = _recorder.TimeProvider.GetTimestamp();
        var found = new List<Finding>();
        DetectorOf(rule).Detect(view, found);
        SafetyRecorder.Took(rule.Settings.Detector, _recorder.TimeProvider.GetElapsedTime(started));
        return ValueTask.FromResult<IReadOnlyList<Finding>>(found);
    }

    /// <summary>Adds the findings that the rule accepts.</summary>
    public void Add(CompiledRule rule, IReadOnlyList<Finding> findings, List<Hit> hits, SafetyStage stage, string text, int textStart)
    {
        foreach (var finding in findings)
        {
            if (finding.Rule.StartsWith(Failure, StringComparison.Ordinal))
            {
                hits.Add(new Hit(finding, rule, rule.Settings.FailOpen ? SafetyAction.Log : SafetyAction.Refuse).Shift(textStart));
                continue;
            }

            if (rule.Accepts(finding) && !IsApplicationsOwn(finding, stage, text))
            {
                hits.Add(new Hit(finding, rule, rule.Settings.Action).Shift(textStart));
            }
        }
    }

    public ITextDetector DetectorOf(CompiledRule rule)
    {
        if (rule.Settings.UseResponseFormat)
        {
            return _requestedForm!;
        }

        if (rule.Settings.Detector != "prompt-leak" || _systemText.Length == 0)
        {
            return rule.Detector!;
        }

        return _leakDetectors.GetOrAdd(rule, static (leak, text) => Detectors.PromptLeak(text, leak.Settings.Canary), _systemText);
    }

    public void Report(SafetyStage stage, IReadOnlyList<Hit> hits)
    {
        foreach (var group in hits.GroupBy(hit => (hit.Finding.Rule, hit.Action, hit.Finding.Category)))
        {
            _recorder.Record(_policy.Name, stage, group.Key.Action, group.Key.Rule, group.Key.Category, group.Max(hit => hit.Finding.Score), group.Count());
        }
    }

    private const string Failure = "failed/";

    // The shop's own address may be told.
    private bool IsApplicationsOwn(Finding finding, SafetyStage stage, string text) =>
        stage == SafetyStage.Output && finding.Category == RiskCategory.PersonalData && _systemText.Length > 0
        && _systemText.AsSpan().Contains(text.AsSpan(finding.Start, finding.Length), StringComparison.OrdinalIgnoreCase);

    private async ValueTask<IReadOnlyList<Finding>> ReadCachedAsync(CompiledRule rule, TextView view, Lazy<UInt128> hash, SafetyStage stage, CancellationToken cancellationToken)
    {
        // The prompt leak and the response format depend on the request, a filter perhaps on the stage.
        if (rule.Settings.Detector == "prompt-leak" || rule.Settings.UseResponseFormat)
        {
            return await ReadAsync(rule, view, stage, cancellationToken).ConfigureAwait(false);
        }

        var key = (rule.ReaderId, rule.Filter is null ? (SafetyStage?)null : stage, hash.Value);
        if (!_policies.Cache.TryGet(key, out var findings))
        {
            findings = await ReadAsync(rule, view, stage, cancellationToken).ConfigureAwait(false);
            if (!findings.Any(finding => finding.Rule.StartsWith(Failure, StringComparison.Ordinal)))
            {
                _policies.Cache.Add(key, findings);
            }
        }

        return findings;
    }

    private async ValueTask<IReadOnlyList<Finding>> WatchAsync(CompiledRule rule, TextView view, SafetyStage stage, CancellationToken cancellationToken)
    {
        var started = _recorder.TimeProvider.GetTimestamp();
        using var time = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            var work = Task.Run(() => rule.Filter is { } filter ? filter.CheckAsync(view.Text, stage, time.Token).AsTask() : Task.FromResult<IReadOnlyList<Finding>>(Detect(rule, view)), time.Token);
            var findings = await work.WaitAsync(_policies.Options.FilterTimeout, _recorder.TimeProvider, cancellationToken).ConfigureAwait(false);
            return findings.Any(finding => finding.Start < 0 || finding.Length < 1 || finding.End > view.Text.Length)
                ? throw new InvalidOperationException($"The filter '{rule.Settings.Detector}' reported a stretch outside the text.")
                : findings;
        }
        catch (Exception problem) when (!cancellationToken.IsCancellationRequested)
        {
            await time.CancelAsync().ConfigureAwait(false);
            _recorder.Failed(rule.Settings.Detector, problem);
            var kind = problem is TimeoutException ? "timeout" : "error";
            return [new Finding($"{Failure}{rule.Settings.Detector}/{kind}", RiskCategory.FilterFailure, "TEXT", 0, view.Text.Length, 1)];
        }
        finally
        {
            SafetyRecorder.Took(rule.Settings.Detector, _recorder.TimeProvider.GetElapsedTime(started));
        }
    }

    private static JsonSchema SchemaOf(JsonElement schema)
    {
        try
        {
            return JsonSchema.Read(schema);
        }
        catch (Exception problem) when (problem is ArgumentException or NotSupportedException)
        {
            throw new NotSupportedException($"The schema of ChatOptions.ResponseFormat cannot be checked by the safety policy. {problem.Message}", problem);
        }
    }

    private static List<Finding> Detect(CompiledRule rule, TextView view)
    {
        var found = new List<Finding>();
        rule.Detector!.Detect(view, found);
        return found;
    }
}
