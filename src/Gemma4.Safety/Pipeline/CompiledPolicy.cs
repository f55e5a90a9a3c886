using Gemma4.Safety.Policies;
using Gemma4.Safety.Tools;

namespace Gemma4.Safety.Pipeline;

/// <summary>The rules of one policy, by stage. Immutable; a changed configuration makes another.</summary>
internal sealed class CompiledPolicy
{
    private readonly CompiledRule[][] _byStage; // [stage][rule]

    public CompiledPolicy(string name, IReadOnlyList<CompiledRule> rules, ToolPolicy tools, StreamingMode streaming, RequestBudget budget)
    {
        Name = name;
        Rules = rules;
        Tools = tools;
        Streaming = streaming;
        Budget = budget;
        _byStage = [.. Enum.GetValues<SafetyStage>().Select(stage => rules.Where(rule => rule.IsAt(stage)).ToArray())];
    }

    public string Name { get; }

    public IReadOnlyList<CompiledRule> Rules { get; }

    public ToolPolicy Tools { get; }

    public StreamingMode Streaming { get; }

    public RequestBudget Budget { get; }

    public bool UsesPseudonyms => Rules.Any(rule => rule.Settings is { Action: SafetyAction.Redact, Style: RedactionStyle.Pseudonym });

    public IReadOnlyList<CompiledRule> At(SafetyStage stage) => _byStage[(int)stage];
}
