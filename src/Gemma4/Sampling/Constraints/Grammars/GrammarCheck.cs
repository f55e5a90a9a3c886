namespace Gemma4.Sampling.Constraints.Grammars;

/// <summary>Finds what can never match, so that no path leads into it.</summary>
internal static class GrammarCheck
{
    /// <exception cref="Gemma4ConstraintException">Nothing matches, or the grammar is too large.</exception>
    public static void Run(GrammarNode root, string what)
    {
        var nodes = Collect(root, what);
        bool isChanged;
        do
        {
            isChanged = false;

            // Children come first, so a few rounds are enough.
            foreach (var node in nodes)
            {
                var nesting = Math.Min(GrammarNode.Impossible, node.FindMinNesting());
                if (nesting < node.MinNesting)
                {
                    node.MinNesting = nesting;
                    isChanged = true;
                }
            }
        }
        while (isChanged);

        if (root.MinNesting >= GrammarNode.Impossible)
        {
            throw new Gemma4ConstraintException(
                $"{what} admits no text at all: something required cannot be given, or a rule never ends. Loosen it.");
        }

        if (root.MinNesting > ConstraintBudget.MaxNesting)
        {
            throw new Gemma4ConstraintException(
                $"{what} demands brackets nested {root.MinNesting} deep; at most {ConstraintBudget.MaxNesting} can be read back. "
                + "Make it flatter.");
        }
    }

    // Depth first with an explicit stack: a grammar may be deeper than the thread's stack.
    private static List<GrammarNode> Collect(GrammarNode root, string what)
    {
        var ordered = new List<GrammarNode>();
        var seen = new HashSet<GrammarNode> { root };
        var open = new Stack<(GrammarNode Node, IEnumerator<GrammarNode> Children)>();
        open.Push((root, root.Children.GetEnumerator()));
        while (open.TryPeek(out var step))
        {
            if (step.Children.MoveNext())
            {
                var child = step.Children.Current;
                if (seen.Add(child))
                {
                    open.Push((child, child.Children.GetEnumerator()));
                }
            }
            else
            {
                open.Pop();
                ordered.Add(step.Node);
                if (ordered.Count > ConstraintBudget.MaxNodes)
                {
                    throw new Gemma4ConstraintException(
                        $"{what} is larger than {ConstraintBudget.MaxNodes} nodes. Make it smaller: fewer alternatives, shorter lists.");
                }
            }
        }

        return ordered;
    }
}
