using Gemma4.Sampling.Constraints.Characters;

namespace Gemma4.Sampling.Constraints.Grammars;

/// <summary>A user's grammar as it was written.</summary>
internal abstract record GrammarTree
{
    public sealed record Literal(string Text) : GrammarTree;

    /// <summary>Characters that follow a pattern.</summary>
    public sealed record Characters(CharPattern Pattern) : GrammarTree;

    public sealed record Reference(string Name, int Line, int Column) : GrammarTree;

    public sealed record Sequence(GrammarTree[] Items) : GrammarTree;

    public sealed record Alternation(GrammarTree[] Branches) : GrammarTree;

    public sealed record Repeat(GrammarTree Body, int Minimum, int Maximum) : GrammarTree;
}
