namespace Gemma4.Sampling.Constraints.Characters;

/// <summary>Makes deterministic automata: from expressions by subsets, from word lists as tries, from pairs as products.</summary>
internal static class AutomatonBuilder
{
    /// <summary>The automaton of an expression, or null when no text matches it.</summary>
    /// <param name="tree">The expression.</param>
    /// <param name="isSearch">True when a match anywhere in the text is enough, as in JSON Schema's pattern.</param>
    /// <param name="what">What is being compiled, for messages.</param>
    /// <param name="budget">Pays for the work.</param>
    public static CharAutomaton? FromExpression(RegexTree tree, bool isSearch, string what, ConstraintBudget budget) =>
        Trim(new SubsetConstruction(new CharNetwork(tree, what, budget), isSearch, what, budget).Run());

    public static CharAutomaton Words(IEnumerable<string> words)
    {
        var states = new List<(int Label, SortedDictionary<int, int> Next)> { (0, []) };
        foreach (var word in words)
        {
            var state = 0;
            foreach (var rune in word.EnumerateRunes())
            {
                if (!states[state].Next.TryGetValue(rune.Value, out var next))
                {
                    next = states.Count;
                    states[state].Next.Add(rune.Value, next);
                    states.Add((0, []));
                }

                state = next;
            }

            states[state] = (1, states[state].Next);
        }

        return new CharAutomaton([.. states.Select(state =>
            (state.Label, state.Next.Select(next => new CharEdge(next.Key, next.Key, next.Value)).ToList()))]);
    }

    public static CharAutomaton? Both(CharAutomaton first, CharAutomaton second, string what, ConstraintBudget budget) =>
        Product(first, second, static (a, b) => a != 0 && b != 0 ? 1 : 0, needsBoth: true, what, budget);

    /// <summary>
    /// Runs two automata side by side and labels each pair of states; null when nothing is accepted. Unless both are
    /// needed, one may have failed (label 0) while the other goes on, and any text at all keeps a run going.
    /// </summary>
    public static CharAutomaton? Product(
        CharAutomaton first, CharAutomaton second, Func<int, int, int> label, bool needsBoth, string what, ConstraintBudget budget)
    {
        var ids = new Dictionary<(int, int), int> { [(0, 0)] = 0 };
        var pairs = new List<(int First, int Second)> { (0, 0) };
        var states = new List<(int Label, List<CharEdge> Edges)>();
        for (var i = 0; i < pairs.Count; i++)
        {
            var (a, b) = pairs[i];
            var edges = new List<CharEdge>();
            foreach (var (low, high) in Cuts(first, a, second, b))
            {
                budget.Spend(1, what);
                var nextA = a < 0 ? -1 : first.Next(a, low);
                var nextB = b < 0 ? -1 : second.Next(b, low);
                if (needsBoth && (nextA < 0 || nextB < 0))
                {
                    continue;
                }

                if (!ids.TryGetValue((nextA, nextB), out var target))
                {
                    target = pairs.Count;
                    ids.Add((nextA, nextB), target);
                    pairs.Add((nextA, nextB));
                    CheckCount(target, what);
                }

                AddEdge(edges, low, high, target);
            }

            states.Add((label(a < 0 ? 0 : first.Label(a), b < 0 ? 0 : second.Label(b)), edges));
        }

        return Trim(states);
    }

    /// <summary>Gives every state's label a new value; null when nothing is accepted any more.</summary>
    public static CharAutomaton? Relabel(CharAutomaton automaton, Func<int, int> label)
    {
        var states = new List<(int, List<CharEdge>)>();
        for (var state = 0; state < automaton.StateCount; state++)
        {
            states.Add((label(automaton.Label(state)), [.. automaton.Edges(state)]));
        }

        return Trim(states);
    }

    /// <summary>Drops states from which nothing is accepted; null when the start is one of them.</summary>
    public static CharAutomaton? Trim(List<(int Label, List<CharEdge> Edges)> states)
    {
        var sources = new List<int>[states.Count];
        for (var state = 0; state < states.Count; state++)
        {
            sources[state] = [];
        }

        for (var state = 0; state < states.Count; state++)
        {
            foreach (var edge in states[state].Edges)
            {
                sources[edge.Target].Add(state);
            }
        }

        var isUseful = new bool[states.Count];
        var open = new Stack<int>();
        for (var state = 0; state < states.Count; state++)
        {
            if (states[state].Label != 0)
            {
                isUseful[state] = true;
                open.Push(state);
            }
        }

        while (open.TryPop(out var state))
        {
            foreach (var source in sources[state])
            {
                if (!isUseful[source])
                {
                    isUseful[source] = true;
                    open.Push(source);
                }
            }
        }

        if (!isUseful[0])
        {
            return null;
        }

        var numbers = new int[states.Count];
        var count = 0;
        for (var state = 0; state < states.Count; state++)
        {
            numbers[state] = isUseful[state] ? count++ : -1;
        }

        var kept = new List<(int, List<CharEdge>)>(count);
        for (var state = 0; state < states.Count; state++)
        {
            if (isUseful[state])
            {
                kept.Add((states[state].Label, [.. states[state].Edges
                    .Where(edge => isUseful[edge.Target])
                    .Select(edge => edge with { Target = numbers[edge.Target] })]));
            }
        }

        return new CharAutomaton(kept);
    }

    public static void CheckCount(int count, string what)
    {
        if (count >= ConstraintBudget.MaxAutomatonStates)
        {
            throw new Gemma4ConstraintException(
                $"{what} needs more than {ConstraintBudget.MaxAutomatonStates} states. Use smaller counts or fewer alternatives.");
        }
    }

    public static void AddEdge(List<CharEdge> edges, int low, int high, int target)
    {
        if (edges.Count > 0 && edges[^1].Target == target && edges[^1].High + 1 == low)
        {
            edges[^1] = edges[^1] with { High = high };
        }
        else
        {
            edges.Add(new CharEdge(low, high, target));
        }
    }

    // Ranges within which neither automaton changes its mind.
    private static IEnumerable<(int Low, int High)> Cuts(CharAutomaton first, int a, CharAutomaton second, int b)
    {
        var starts = new SortedSet<int> { 0, 0xE000 };
        Collect(first, a);
        Collect(second, b);
        var all = starts.ToArray();
        for (var i = 0; i < all.Length; i++)
        {
            var high = i + 1 < all.Length ? all[i + 1] - 1 : CharSet.LastScalar;
            if (all[i] <= CharSet.LastScalar && !(all[i] >= 0xD800 && high <= 0xDFFF))
            {
                yield return (all[i], all[i] < 0xD800 ? Math.Min(high, 0xD7FF) : high);
            }
        }

        void Collect(CharAutomaton automaton, int state)
        {
            foreach (var edge in state < 0 ? default : automaton.Edges(state))
            {
                starts.Add(edge.Low);
                starts.Add(edge.High + 1);
            }
        }
    }
}
