using Gemma4.Sampling.Constraints.Matching;

namespace Gemma4.Sampling.Constraints.Grammars;

/// <summary>One node after the other; none of them at all is the empty text.</summary>
internal sealed class SequenceNode(params GrammarNode[] items) : GrammarNode
{
    public override IEnumerable<GrammarNode> Children => items;


    public override int FindMinNesting()
    {
        var most = 0;
        foreach (var item in items)
        {
            most = Math.Max(most, item.MinNesting);
        }

        return most;
    }

    public override void Expand(Frame frame, Expansion expansion)
    {
        if (items.Length == 0)
        {
            expansion.Expand(frame.Parent!);
            return;
        }

        // The last item needs nothing of this frame, so right recursion does not grow the stack.
        var isLast = frame.A + 1 >= items.Length;
        var rest = isLast ? frame.Parent! : expansion.Intern(this, frame.Parent, frame.A + 1);
        expansion.Enter(items[frame.A], rest);
    }
}
