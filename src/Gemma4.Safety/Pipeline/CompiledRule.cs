using System.Collections.Frozen;
using Gemma4.Safety.Detection;
using Gemma4.Safety.Detection.Content;
using Gemma4.Safety.Policies;

namespace Gemma4.Safety.Pipeline;

/// <summary>A rule with its detector or filter.</summary>
internal sealed class CompiledRule
{
    private readonly FrozenSet<string>? _entities;
    private readonly FrozenSet<string> _exceptEntities;

    public CompiledRule(SafetyRule rule, ITextDetector? detector, ISafetyFilter? filter, int readerId, byte[]? hashKey)
    {
        Settings = rule;
        Detector = detector;
        Filter = filter;
        ReaderId = readerId;
        HashKey = hashKey;
        _entities = rule.Entities.Count == 0 ? null : rule.Entities.ToFrozenSet(StringComparer.OrdinalIgnoreCase);
        _exceptEntities = rule.ExceptEntities.ToFrozenSet(StringComparer.OrdinalIgnoreCase);
        IsFast = detector is not null && detector.GetType().Assembly == typeof(CompiledRule).Assembly;
    }

    public SafetyRule Settings { get; }

    public string Id => Settings.Id ?? Settings.Detector;

    public ITextDetector? Detector { get; }

    public ISafetyFilter? Filter { get; }

    /// <summary>The same for rules that share a detector or filter, and for no others of these options.</summary>
    public int ReaderId { get; }

    public byte[]? HashKey { get; }

    /// <summary>Whether the detector is one of ours, whose time grows with the text only: it needs no clock beside it.</summary>
    public bool IsFast { get; }

    /// <summary>Whether only whole texts can be judged.</summary>
    public bool NeedsWhole => Filter is not null || Detector!.HoldBack is null;

    /// <summary>Whether the rule is about the form of an answer: thoughts have none, and a sentence of it says nothing.</summary>
    public bool IsAboutForm => Detector is MalformedJsonDetector;

    public bool IsAt(SafetyStage stage) => Settings.Stages.Count == 0 || Settings.Stages.Contains(stage);

    public bool Accepts(Finding finding) =>
        finding.Score >= (Settings.MinScore ?? 0) && _entities?.Contains(finding.Entity) != false && !_exceptEntities.Contains(finding.Entity);
}
