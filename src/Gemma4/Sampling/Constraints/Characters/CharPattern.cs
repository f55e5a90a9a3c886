namespace Gemma4.Sampling.Constraints.Characters;

/// <summary>
/// Which texts a string may hold: an automaton and how many characters. A count other than "any" is only kept beside an
/// automaton of one state, where each count can be reached by itself; elsewhere it is multiplied into the states.
/// </summary>
internal sealed record CharPattern(CharAutomaton Automaton, int Minimum, int Maximum)
{
    public const int Unlimited = int.MaxValue;

    public static readonly CharPattern Anything = new(CharAutomaton.Loop(CharSet.Any), 0, Unlimited);

    public CharPattern(CharAutomaton automaton)
        : this(automaton, 0, Unlimited)
    {
    }

    /// <summary>The whole text must match; null when none does.</summary>
    public static CharPattern? FromExpression(RegexTree tree, bool isSearch, string what, ConstraintBudget budget)
    {
        // A counted class, the one shape whose counts may be large.
        if (Unwrap(tree, isSearch) is RegexTree.Repeat { Body: RegexTree.Chars chars } repeat && !chars.Characters.IsEmpty)
        {
            return new CharPattern(
                CharAutomaton.Loop(chars.Characters),
                repeat.Minimum,
                repeat.Maximum < 0 ? Unlimited : repeat.Maximum);
        }

        return AutomatonBuilder.FromExpression(tree, isSearch, what, budget) is { } automaton ? new CharPattern(automaton) : null;
    }

    /// <summary>The texts both allow; null when there are none.</summary>
    public CharPattern? And(CharPattern other, string what, ConstraintBudget budget)
    {
        if (ReferenceEquals(Automaton, other.Automaton) || IsFree(other))
        {
            return Limit(other.Minimum, other.Maximum, what, budget);
        }

        if (IsFree(this))
        {
            return other.Limit(Minimum, Maximum, what, budget);
        }

        var first = WithoutCounts(what, budget);
        var second = other.WithoutCounts(what, budget);
        return first is null || second is null
            ? null
            : AutomatonBuilder.Both(first, second, what, budget) is { } both ? new CharPattern(both) : null;
    }

    /// <summary>Limits the number of characters further; null when no text is left.</summary>
    public CharPattern? Limit(int minimum, int maximum, string what, ConstraintBudget budget)
    {
        var counted = this with { Minimum = Math.Max(Minimum, minimum), Maximum = Math.Min(Maximum, maximum) };
        if (counted.Minimum > counted.Maximum)
        {
            return null;
        }

        if (counted is { Minimum: 0, Maximum: Unlimited } || Automaton.StateCount == 1)
        {
            return counted.Maximum > 0 && counted.Minimum > 0 && Automaton.Edges(0).IsEmpty ? null : counted;
        }

        return counted.WithoutCounts(what, budget) is { } automaton ? new CharPattern(automaton) : null;
    }

    public bool Matches(string text)
    {
        var count = text.EnumerateRunes().Count();
        return count >= Minimum && count <= Maximum && Automaton.Matches(text);
    }

    /// <summary>The same texts without counts beside the automaton; null when there are none.</summary>
    public CharAutomaton? WithoutCounts(string what, ConstraintBudget budget)
    {
        if (Minimum == 0 && Maximum == Unlimited)
        {
            return Automaton;
        }

        // Length states: 0 to the limit, the last one looping where there is no maximum.
        var last = Maximum == Unlimited ? Minimum : Maximum;
        AutomatonBuilder.CheckCount(last, what);
        var states = new List<(int, List<CharEdge>)>();
        for (var length = 0; length <= last; length++)
        {
            var next = length < last ? length + 1 : Maximum == Unlimited ? last : -1;
            var edges = new List<CharEdge>();
            foreach (var (low, high) in next < 0 ? default : CharSet.Any.Ranges)
            {
                edges.Add(new CharEdge(low, high, next));
            }

            states.Add((length >= Minimum ? 1 : 0, edges));
        }

        return AutomatonBuilder.Both(Automaton, new CharAutomaton(states), what, budget);
    }

    private static bool IsFree(CharPattern pattern) =>
        pattern.Automaton.StateCount == 1 && pattern.Automaton.LoopsOver(0, CharSet.Any);

    private static RegexTree Unwrap(RegexTree tree, bool isSearch)
    {
        if (tree is not RegexTree.Sequence { Items: [RegexTree.Anchor { IsStart: true }, var body, RegexTree.Anchor { IsStart: false }] })
        {
            return isSearch ? RegexTree.Empty : tree;
        }

        return body;
    }
}
