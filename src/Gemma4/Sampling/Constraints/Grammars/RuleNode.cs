using Gemma4.Sampling.Constraints.Matching;

namespace Gemma4.Sampling.Constraints.Grammars;

/// <summary>A named place that may be used before it is defined, and from within itself.</summary>
internal sealed class RuleNode(string name) : GrammarNode
{
    public string Name { get; } = name;

    public GrammarNode? Target { get; set; }

    public override IEnumerable<GrammarNode> Children => Target is null ? [] : [Target];


    public override int FindMinNesting() => Target?.MinNesting ?? Impossible;

    public override void Expand(Frame frame, Expansion expansion) => expansion.Enter(Target!, frame.Parent!);
}
