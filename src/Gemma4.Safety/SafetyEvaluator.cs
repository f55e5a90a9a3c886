using Gemma4.Safety.Auditing;
using Gemma4.Safety.Detection;
using Gemma4.Safety.Pipeline;
using Gemma4.Safety.Policies;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Gemma4.Safety;

/// <summary>Asks the policies about single texts: for code that is no chat client, such as filters of a kernel or an ingest. Safe for concurrent use.</summary>
public sealed class SafetyEvaluator
{
    private readonly PolicySource _source;

    /// <summary>Makes an evaluator.</summary>
    /// <param name="options">The policies; not to be changed afterwards.</param>
    /// <param name="loggerFactory">Where to log what was done; null for nowhere. Content is never logged.</param>
    /// <param name="audits">Who else is told; may be null.</param>
    /// <param name="timeProvider">The clock of time-outs and events; null for the system's.</param>
    /// <exception cref="OptionsValidationException">An option is out of range or names what does not exist.</exception>
    public SafetyEvaluator(SafetyOptions options, ILoggerFactory? loggerFactory = null, IEnumerable<ISafetyAudit>? audits = null, TimeProvider? timeProvider = null)
        : this(new PolicySource(options), loggerFactory, audits, timeProvider)
    {
    }

    internal SafetyEvaluator(PolicySource source, ILoggerFactory? loggerFactory, IEnumerable<ISafetyAudit>? audits, TimeProvider? timeProvider)
    {
        _source = source;
        Recorder = new SafetyRecorder((loggerFactory ?? NullLoggerFactory.Instance).CreateLogger("Gemma4.Safety"), [.. audits ?? []], timeProvider ?? TimeProvider.System);
    }

    internal SafetyRecorder Recorder { get; }

    internal CompiledPolicies Policies => _source.Current;

    /// <summary>Judges one text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="stage">Where it stands.</param>
    /// <param name="policy">The policy's name; null for the default one.</param>
    /// <param name="pseudonyms">The placeholders of the conversation; null for new ones.</param>
    /// <param name="cancellationToken">Ends the wait for filters.</param>
    /// <exception cref="InvalidOperationException">There is no such policy.</exception>
    public async ValueTask<SafetyVerdict> EvaluateAsync(
        string text, SafetyStage stage, string? policy = null, Pseudonyms? pseudonyms = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(text);
        var policies = Policies;
        var judge = new TextJudge(policies, policies.Find(policy ?? policies.Options.Policy), Recorder);
        var hits = await judge.JudgeAsync(text, stage, cancellationToken).ConfigureAwait(false);
        judge.Report(stage, hits);
        var decisive = Rewriter.Decisive(hits);
        var action = decisive?.Action ?? SafetyAction.Allow;
        var result = action switch
        {
            SafetyAction.Refuse => "",
            SafetyAction.Replace => decisive!.Value.Rule.Settings.Replacement!,
            _ => Rewriter.Apply(text, hits, judge.Policy.UsesPseudonyms && stage is not SafetyStage.Output ? pseudonyms ?? new Pseudonyms() : null),
        };
        return new SafetyVerdict(action, [.. hits.Select(hit => hit.Finding).Distinct()], result, decisive?.Finding);
    }
}
