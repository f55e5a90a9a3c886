using Gemma4.Sampling.Constraints.Matching;

namespace Gemma4.Sampling.Constraints.Grammars;

/// <summary>The end of the text, below every stack.</summary>
internal sealed class EndNode : GrammarNode
{
    public static readonly EndNode Instance = new() { MinNesting = 0 };

    private EndNode()
    {
    }

    public override int FindMinNesting() => 0;

    public override void Expand(Frame frame, Expansion expansion) => expansion.Accept();
}
