using Gemma4.Safety.Auditing;
using Gemma4.Safety.Detection;
using Gemma4.Safety.Policies;

namespace Gemma4.Safety.Pipeline;

/// <summary>Asks the rules of one policy about texts, each within its time; what fails or is late counts against the text.</summary>
internal sealed class TextJudge(CompiledPolicies policies, CompiledPolicy policy, SafetyRecorder recorder, string systemText)
{
    private readonly Dictionary<CompiledRule, ITextDetector> _leakDetectors = [];

    public CompiledPolicy Policy => policy;

    /// <summary>All findings of a whole text with what follows from them, in the order of the text.</summary>
    public async ValueTask<List<Hit>> JudgeAsync(string text, SafetyStage stage, CancellationToken cancellationToken)
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
        foreach (var rule in policy.At(stage))
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

        var started = recorder.TimeProvider.GetTimestamp();
        var found = new List<Finding>();
        DetectorOf(rule).Detect(view, found);
        SafetyRecorder.Took(rule.Settings.Detector, recorder.TimeProvider.GetElapsedTime(started));
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
        if (rule.Settings.Detector != "prompt-leak" || systemText.Length == 0)
        {
            return rule.Detector!;
        }

        if (!_leakDetectors.TryGetValue(rule, out var detector))
        {
            _leakDetectors[rule] = detector = Detectors.PromptLeak(systemText, rule.Settings.Canary);
        }

        return detector;
    }

    public void Report(SafetyStage stage, IReadOnlyList<Hit> hits)
    {
        foreach (var group in hits.GroupBy(hit => (hit.Finding.Rule, hit.Action, hit.Finding.Category)))
        {
            recorder.Record(policy.Name, stage, group.Key.Action, group.Key.Rule, group.Key.Category, group.Max(hit => hit.Finding.Score), group.Count());
        }
    }

    private const string Failure = "failed/";

    // The shop's own address may be told.
    private bool IsApplicationsOwn(Finding finding, SafetyStage stage, string text) =>
        stage == SafetyStage.Output && finding.Category == RiskCategory.PersonalData && systemText.Length > 0
        && systemText.AsSpan().Contains(text.AsSpan(finding.Start, finding.Length), StringComparison.OrdinalIgnoreCase);

    private async ValueTask<IReadOnlyList<Finding>> ReadCachedAsync(CompiledRule rule, TextView view, Lazy<UInt128> hash, SafetyStage stage, CancellationToken cancellationToken)
    {
        // The prompt leak depends on the request, a filter perhaps on the stage.
        if (rule.Settings.Detector == "prompt-leak")
        {
            return await ReadAsync(rule, view, stage, cancellationToken).ConfigureAwait(false);
        }

        var key = (rule.ReaderId, rule.Filter is null ? (SafetyStage?)null : stage, hash.Value);
        if (!policies.Cache.TryGet(key, out var findings))
        {
            findings = await ReadAsync(rule, view, stage, cancellationToken).ConfigureAwait(false);
            if (!findings.Any(finding => finding.Rule.StartsWith(Failure, StringComparison.Ordinal)))
            {
                policies.Cache.Add(key, findings);
            }
        }

        return findings;
    }

    private async ValueTask<IReadOnlyList<Finding>> WatchAsync(CompiledRule rule, TextView view, SafetyStage stage, CancellationToken cancellationToken)
    {
        var started = recorder.TimeProvider.GetTimestamp();
        using var time = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            var work = Task.Run(() => rule.Filter is { } filter ? filter.CheckAsync(view.Text, stage, time.Token).AsTask() : Task.FromResult<IReadOnlyList<Finding>>(Detect(rule, view)), time.Token);
            var findings = await work.WaitAsync(policies.Options.FilterTimeout, recorder.TimeProvider, cancellationToken).ConfigureAwait(false);
            return findings.Any(finding => finding.Start < 0 || finding.Length < 1 || finding.End > view.Text.Length)
                ? throw new InvalidOperationException($"The filter '{rule.Settings.Detector}' reported a stretch outside the text.")
                : findings;
        }
        catch (Exception problem) when (!cancellationToken.IsCancellationRequested)
        {
            await time.CancelAsync().ConfigureAwait(false);
            recorder.Failed(rule.Settings.Detector, problem);
            var kind = problem is TimeoutException ? "timeout" : "error";
            return [new Finding($"{Failure}{rule.Settings.Detector}/{kind}", RiskCategory.FilterFailure, "TEXT", 0, view.Text.Length, 1)];
        }
        finally
        {
            SafetyRecorder.Took(rule.Settings.Detector, recorder.TimeProvider.GetElapsedTime(started));
        }
    }

    private static List<Finding> Detect(CompiledRule rule, TextView view)
    {
        var found = new List<Finding>();
        rule.Detector!.Detect(view, found);
        return found;
    }
}
