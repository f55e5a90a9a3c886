using Gemma4.Sampling.Constraints.Matching;

namespace Gemma4.Sampling.Constraints.Grammars;

/// <summary>One of several nodes, all followed side by side.</summary>
internal sealed class ChoiceNode(params GrammarNode[] branches) : GrammarNode
{
    public override IEnumerable<GrammarNode> Children => branches;


    public override int FindMinNesting()
    {
        var least = Impossible;
        foreach (var branch in branches)
        {
            least = Math.Min(least, branch.MinNesting);
        }

        return least;
    }

    public override void Expand(Frame frame, Expansion expansion)
    {
        foreach (var branch in branches)
        {
            expansion.Enter(branch, frame.Parent!);
        }
    }
}
