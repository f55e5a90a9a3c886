using Gemma4.Sampling.Constraints.Matching;

namespace Gemma4.Sampling.Constraints.Grammars;

/// <summary>An array: leading items of their own kinds, then items of one kind, and how many.</summary>
internal sealed class ArrayNode(GrammarNode[] leading, GrammarNode? others, int minimum, int maximum, Notation notation) : GrammarNode
{
    private const int Before = 0;
    private const int Opened = 1;
    private const int AfterItem = 2;
    private const int AfterGap = 3;
    private const int AtItem = 4;

    public override IEnumerable<GrammarNode> Children =>
        [.. leading, .. others is null ? [] : new[] { others }, .. notation.Parts()];

    public override int FindMinNesting()
    {
        if (minimum > maximum)
        {
            return Impossible;
        }

        var inside = 0;
        for (var i = 0; i < minimum && i <= leading.Length; i++)
        {
            inside = Math.Max(inside, ItemAt(i)?.MinNesting ?? Impossible);
        }

        return Math.Min(Impossible, inside + 1);
    }

    public override bool IsInsideBrackets(int place) => place != Before;

    // B and C: how many items must and may still come. Extra: how many of the leading ones have come.
    public override void Expand(Frame frame, Expansion expansion)
    {
        var parent = frame.Parent!;
        switch (frame.A)
        {
            case Before:
                var opened = expansion.Intern(this, parent, Opened, minimum, maximum);
                expansion.Enter(notation.ArrayOpen, BehindGap(opened, expansion));
                break;
            case AfterItem:
                var behind = expansion.Intern(this, parent, AfterGap, frame.B, frame.C, frame.Extra);
                expansion.Expand(BehindGap(behind, expansion));
                break;
            case Opened or AfterGap:
                if (frame.B == 0)
                {
                    expansion.Enter(notation.ArrayClose, parent);
                }

                if (frame.C > 0 && ItemAt((int)frame.Extra) is { } next
                    && frame.Nesting + (long)next.MinNesting <= ConstraintBudget.MaxNesting)
                {
                    var item = expansion.Intern(this, parent, AtItem, frame.B, frame.C, frame.Extra);
                    if (frame.A == Opened)
                    {
                        expansion.Expand(item);
                    }
                    else
                    {
                        expansion.Enter(notation.Comma, BehindGap(item, expansion));
                    }
                }

                break;
            default:
                var rest = expansion.Intern(
                    this,
                    parent,
                    AfterItem,
                    Math.Max(0, frame.B - 1),
                    frame.C == RepeatNode.Unlimited ? frame.C : frame.C - 1,
                    Math.Min(leading.Length, frame.Extra + 1));
                expansion.Enter(ItemAt((int)frame.Extra)!, rest);
                break;
        }
    }

    public override Frame Abstract(Frame frame, Frame? parent, int longestToken, Expansion expansion) => expansion.Intern(
        this, parent, frame.A, Math.Min(frame.B, longestToken), RepeatNode.Clamp(frame.C, longestToken), frame.Extra);

    private GrammarNode? ItemAt(int index) => index < leading.Length ? leading[index] : others;

    private Frame BehindGap(Frame frame, Expansion expansion) =>
        notation.Gap is { } gap ? gap.Start(frame, expansion) : frame;
}
