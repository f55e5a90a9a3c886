using Gemma4.Sampling.Constraints.Matching;

namespace Gemma4.Sampling.Constraints.Grammars;

/// <summary>A node a number of times. The body must not match the empty text, or a count could pass without a byte.</summary>
internal sealed class RepeatNode(GrammarNode body, int minimum, int maximum) : GrammarNode
{
    public const int Unlimited = int.MaxValue;

    public override IEnumerable<GrammarNode> Children => [body];


    public override int FindMinNesting() => minimum == 0 ? 0 : body.MinNesting;

    public override Frame Start(Frame parent, Expansion expansion) => expansion.Intern(this, parent, 0, minimum, maximum);

    public override void Expand(Frame frame, Expansion expansion)
    {
        if (frame.B == 0)
        {
            expansion.Expand(frame.Parent!);
        }

        if (frame.C > 0)
        {
            var rest = expansion.Intern(
                this, frame.Parent, 0, Math.Max(0, frame.B - 1), frame.C == Unlimited ? Unlimited : frame.C - 1);
            expansion.Enter(body, rest);
        }
    }

    public override Frame Abstract(Frame frame, Frame? parent, int longestToken, Expansion expansion) => expansion.Intern(
        this, parent, 0, Math.Min(frame.B, longestToken), Clamp(frame.C, longestToken));

    /// <summary>A token that is shorter than what is left cannot tell it from no limit.</summary>
    public static int Clamp(int left, int longestToken) => left > longestToken ? Unlimited : left;
}
