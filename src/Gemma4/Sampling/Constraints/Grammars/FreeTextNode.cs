using Gemma4.Sampling.Constraints.Matching;

namespace Gemma4.Sampling.Constraints.Grammars;

/// <summary>Any text at all, to wherever it ends; no control token.</summary>
internal sealed class FreeTextNode : GrammarNode
{
    public override int FindMinNesting() => 0;

    public override void Expand(Frame frame, Expansion expansion)
    {
        expansion.Wait(frame);
        expansion.Expand(frame.Parent!);
    }

    public override void Step(Frame frame, byte value, Expansion expansion) => expansion.Expand(frame);

    public override SliceKind SliceOf(Frame frame, out int maxChars)
    {
        maxChars = int.MaxValue;
        return SliceKind.All;
    }

    public override string Describe(Frame frame) => "any text";
}
