namespace Gemma4.Sampling.Constraints.Characters;

/// <summary>
/// A deterministic automaton over Unicode scalar values. From every state an accepting one can be reached, so a
/// transition never leads into a dead end. State 0 is the start.
/// </summary>
internal sealed class CharAutomaton
{
    private readonly int[] _firstEdge; // [state + 1]
    private readonly CharEdge[] _edges; // sorted by state, then by range
    private readonly int[] _labels; // [state], 0 = does not accept

    private long[]? _counts;

    /// <param name="states">For each state its label and its edges, sorted and disjoint.</param>
    public CharAutomaton(IReadOnlyList<(int Label, List<CharEdge> Edges)> states)
    {
        _firstEdge = new int[states.Count + 1];
        _labels = new int[states.Count];
        var edges = new List<CharEdge>();
        for (var state = 0; state < states.Count; state++)
        {
            _labels[state] = states[state].Label;
            edges.AddRange(states[state].Edges);
            _firstEdge[state + 1] = edges.Count;
        }

        _edges = [.. edges];
    }

    public int StateCount => _labels.Length;

    /// <summary>One state that loops over a set and accepts everything over it.</summary>
    public static CharAutomaton Loop(CharSet set)
    {
        var edges = new List<CharEdge>();
        foreach (var (low, high) in set.Ranges)
        {
            edges.Add(new CharEdge(low, high, 0));
        }

        return new CharAutomaton([(1, edges)]);
    }

    public int Label(int state) => _labels[state];

    public bool Accepts(int state) => _labels[state] != 0;

    public ReadOnlySpan<CharEdge> Edges(int state) => _edges.AsSpan(_firstEdge[state].._firstEdge[state + 1]);

    /// <summary>The next state, or -1.</summary>
    public int Next(int state, int scalar)
    {
        var edge = FirstEdgeFrom(state, scalar);
        return edge < _firstEdge[state + 1] && _edges[edge].Low <= scalar ? _edges[edge].Target : -1;
    }

    /// <summary>Whether some scalar value of a range has a transition.</summary>
    public bool Any(int state, int low, int high)
    {
        var edge = FirstEdgeFrom(state, low);
        return edge < _firstEdge[state + 1] && _edges[edge].Low <= high;
    }

    /// <summary>Whether every scalar value of a set leads from a state back to it.</summary>
    public bool LoopsOver(int state, CharSet set)
    {
        foreach (var (low, high) in set.Ranges)
        {
            for (var at = low; at <= high;)
            {
                var edge = FirstEdgeFrom(state, at);
                if (edge >= _firstEdge[state + 1] || _edges[edge].Low > at || _edges[edge].Target != state)
                {
                    return false;
                }

                at = _edges[edge].High + 1;
            }
        }

        return true;
    }

    public bool Matches(string text)
    {
        var state = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            state = Next(state, rune.Value);
            if (state < 0)
            {
                return false;
            }
        }

        return Accepts(state);
    }

    /// <summary>How many texts lead from a state to acceptance; <see cref="long.MaxValue"/> stands for endlessly many.</summary>
    public long Count(int state) => (_counts ??= CountAll())[state];

    private int FirstEdgeFrom(int state, int scalar)
    {
        var low = _firstEdge[state];
        var high = _firstEdge[state + 1];
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (_edges[middle].High < scalar)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }

    private long[] CountAll()
    {
        // Peel off states whose successors are all counted; what stays lies on or before a cycle.
        var counts = new long[StateCount];
        Array.Fill(counts, long.MaxValue);
        var open = new int[StateCount];
        var sources = new List<int>?[StateCount];
        var ready = new Stack<int>();
        for (var state = 0; state < StateCount; state++)
        {
            open[state] = _firstEdge[state + 1] - _firstEdge[state];
            foreach (var edge in Edges(state))
            {
                (sources[edge.Target] ??= []).Add(state);
            }

            if (open[state] == 0)
            {
                ready.Push(state);
            }
        }

        while (ready.TryPop(out var state))
        {
            long count = _labels[state] != 0 ? 1 : 0;
            foreach (var edge in Edges(state))
            {
                count = Math.Min(1L << 40, count + (Math.Min(counts[edge.Target], 1L << 20) * (edge.High - edge.Low + 1)));
            }

            counts[state] = count;
            foreach (var source in sources[state] ?? [])
            {
                if (--open[source] == 0)
                {
                    ready.Push(source);
                }
            }
        }

        return counts;
    }
}
