using System.Diagnostics;
using System.Diagnostics.Metrics;
using Gemma4.Safety.Detection;
using Gemma4.Safety.Policies;
using Microsoft.Extensions.Logging;

namespace Gemma4.Safety.Auditing;

/// <summary>Tells log, meter and audits what a policy did.</summary>
internal sealed class SafetyRecorder(ILogger logger, IReadOnlyList<ISafetyAudit> audits, TimeProvider timeProvider)
{
    private static readonly Meter Meter = new("Gemma4.Safety");
    private static readonly Counter<long> Findings = Meter.CreateCounter<long>("gemma4.safety.findings", "{finding}", "Findings of safety rules");
    private static readonly Histogram<double> Duration = Meter.CreateHistogram<double>("gemma4.safety.filter.duration", "s", "Time of one filter over one text");

    public TimeProvider TimeProvider => timeProvider;

    public void Record(string policy, SafetyStage stage, SafetyAction action, string rule, RiskCategory category, double score, int count)
    {
        Findings.Add(count, new TagList { { "stage", stage.ToString() }, { "action", action.ToString() }, { "rule", rule } });
        if (action > SafetyAction.Log)
        {
            SafetyLog.Acted(logger, policy, action, stage, rule, count, score);
        }
        else
        {
            SafetyLog.Found(logger, policy, rule, count, stage, score);
        }

        if (audits.Count > 0)
        {
            var occurrence = new SafetyEvent(timeProvider.GetUtcNow(), policy, stage, action, rule, category, score, count);
            foreach (var audit in audits)
            {
                audit.Record(occurrence);
            }
        }
    }

    public static void Took(string filter, TimeSpan time) => Duration.Record(time.TotalSeconds, new KeyValuePair<string, object?>("filter", filter));

    // The type only: a message could quote the text.
    public void Failed(string filter, Exception problem) => SafetyLog.FilterFailed(logger, filter, problem.GetType().Name);
}
