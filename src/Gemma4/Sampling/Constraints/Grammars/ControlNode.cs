using Gemma4.Sampling.Constraints.Matching;

namespace Gemma4.Sampling.Constraints.Grammars;

/// <summary>One control token of a few. Text never spells it, whatever it looks like.</summary>
internal sealed class ControlNode(string name, params int[] ids) : GrammarNode
{
    public ReadOnlySpan<int> Ids => ids;

    public bool Contains(int token) => Array.IndexOf(ids, token) >= 0;

    public override int FindMinNesting() => 0;

    public override void Expand(Frame frame, Expansion expansion) => expansion.Wait(frame);

    public override bool IsOutside(Frame frame, SliceKind slice) => true;

    public override string Describe(Frame frame) => name;
}
