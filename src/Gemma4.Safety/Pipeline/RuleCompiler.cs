using System.Collections.Frozen;
using Gemma4.Safety.Detection;
using Gemma4.Safety.Detection.Content;
using Gemma4.Safety.Policies;

namespace Gemma4.Safety.Pipeline;

/// <summary>Makes detectors for rules. Rules that read alike share one, so that a text is read once for them.</summary>
internal sealed class RuleCompiler(SafetyOptions options)
{
    public static readonly FrozenSet<string> BuiltIn = FrozenSet.ToFrozenSet(
    [
        "personal-data", "secrets", "prompt-injection", "exfiltration", "control-markers", "hidden-text", "unsafe-output",
        "json-output", "blocked-words", "prompt-leak", "size",
    ]);

    // The lowest that any rule may ask for; the rules choose from it.
    private const double LowestPersonalDataScore = 0.4;

    private readonly Dictionary<string, ITextDetector> _shared = [];
    private readonly Dictionary<object, int> _readers = new(ReferenceEqualityComparer.Instance);
    private readonly byte[]? _hashKey = options.HashKey is { } key ? Convert.FromBase64String(key) : null;

    public CompiledRule Compile(SafetyRule rule)
    {
        var filter = options.FindFilter(rule.Detector);
        var detector = filter is null ? Find(rule) : null;
        var reader = (object?)filter ?? detector!;
        if (!_readers.TryGetValue(reader, out var id))
        {
            _readers[reader] = id = _readers.Count;
        }

        return new CompiledRule(rule, detector, filter, id, _hashKey);
    }

    private ITextDetector Find(SafetyRule rule) => options.FindDetector(rule.Detector) ?? rule.Detector switch
    {
        "exfiltration" when rule.AllowedHosts.Count > 0 => Detectors.Exfiltration(rule.AllowedHosts),
        "blocked-words" => Detectors.BlockedWords(rule.Topic ?? "words", rule.Phrases),
        "size" => new SizeDetector(rule.MaxCharacters!.Value),
        "prompt-leak" => new PromptLeakDetector("", rule.Canary),
        "json-output" when rule.Schema is { } schema => Detectors.JsonSchema(schema),
        "prompt-injection" when rule.MinScore is { } threshold => Detectors.PromptInjection(threshold),
        "personal-data" when rule.MinScore < LowestPersonalDataScore => Detectors.PersonalData(minScore: rule.MinScore.Value),
        _ => Shared(rule.Detector),
    };

    private ITextDetector Shared(string name)
    {
        if (!_shared.TryGetValue(name, out var detector))
        {
            _shared[name] = detector = name switch
            {
                "personal-data" => Detectors.PersonalData(),
                "secrets" => Detectors.Secrets(),
                "prompt-injection" => Detectors.PromptInjection(),
                "exfiltration" => Detectors.Exfiltration(),
                "control-markers" => Detectors.ControlMarkers(),
                "hidden-text" => Detectors.HiddenCharacters(),
                "unsafe-output" => Detectors.UnsafeOutput(),
                "json-output" => Detectors.MalformedJson(),
                _ => throw new InvalidOperationException($"There is no detector '{name}'."),
            };
        }

        return detector;
    }
}
