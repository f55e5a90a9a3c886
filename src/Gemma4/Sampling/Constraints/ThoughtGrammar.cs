using Gemma4.Prompting;
using Gemma4.Sampling.Constraints.Grammars;

namespace Gemma4.Sampling.Constraints;

/// <summary>Puts the thought channel in front of a grammar.</summary>
internal static class ThoughtGrammar
{
    public static GrammarNode Prefix(GrammarNode answer, ThoughtPrefix thought, ControlIds controls)
    {
        if (thought == ThoughtPrefix.None)
        {
            return answer;
        }

        var rest = new SequenceNode(new FreeTextNode(), controls.Node(ControlToken.ChannelEnd), answer);
        return thought == ThoughtPrefix.Open
            ? rest
            : new ChoiceNode(new SequenceNode(controls.Node(ControlToken.ChannelStart), rest), answer);
    }
}
