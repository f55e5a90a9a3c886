namespace Gemma4.Sampling.Constraints.Characters;

/// <summary>Determinises a network. Anchors are settled here: a step may depend on standing at the start or at the end.</summary>
internal sealed class SubsetConstruction
{
    private readonly CharNetwork _network;
    private readonly bool _isSearch;
    private readonly string _what;
    private readonly ConstraintBudget _budget;
    private readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal);
    private readonly List<int[]> _sets = [];

    public SubsetConstruction(CharNetwork network, bool isSearch, string what, ConstraintBudget budget)
    {
        _network = network;
        _isSearch = isSearch;
        _what = what;
        _budget = budget;
    }

    public List<(int Label, List<CharEdge> Edges)> Run()
    {
        var states = new List<(int Label, List<CharEdge> Edges)>();
        Add(Close([_network.Start], isStart: true, isEnd: false));
        for (var i = 0; i < _sets.Count; i++)
        {
            var set = _sets[i];
            if (IsSatisfied(set))
            {
                // Found: whatever follows, the text matches. One state stands for all of these.
                var loop = new List<CharEdge>();
                foreach (var (low, high) in CharSet.Any.Ranges)
                {
                    loop.Add(new CharEdge(low, high, i));
                }

                states.Add((1, loop));
                continue;
            }

            // Only the first set has seen no character yet.
            var atEnd = Close(set, isStart: i == 0, isEnd: true);
            states.Add((Array.IndexOf(atEnd, _network.Final) >= 0 ? 1 : 0, Move(set)));
        }

        return states;
    }

    private bool IsSatisfied(int[] set) => _isSearch && Array.IndexOf(set, _network.Final) >= 0;

    private List<CharEdge> Move(int[] set)
    {
        var ranges = new List<(int Low, int High, int Target)>();
        var starts = new SortedSet<int>();
        foreach (var state in set)
        {
            foreach (var (chars, target) in _network.Edges(state))
            {
                foreach (var (low, high) in chars.Ranges)
                {
                    ranges.Add((low, high, target));
                    starts.Add(low);
                    starts.Add(high + 1);
                }
            }
        }

        if (_isSearch)
        {
            foreach (var (low, high) in CharSet.Any.Ranges)
            {
                starts.Add(low);
                starts.Add(high + 1);
            }
        }

        ranges.Sort();
        var edges = new List<CharEdge>();
        var cuts = starts.ToArray();
        var targets = new List<int>();
        var active = new List<(int High, int Target)>();
        var nextRange = 0;
        for (var i = 0; i + 1 < cuts.Length; i++)
        {
            var low = cuts[i];
            active.RemoveAll(entry => entry.High < low);
            for (; nextRange < ranges.Count && ranges[nextRange].Low <= low; nextRange++)
            {
                active.Add((ranges[nextRange].High, ranges[nextRange].Target));
            }

            targets.Clear();
            foreach (var (_, target) in active)
            {
                targets.Add(target);
            }

            _budget.Spend(1 + targets.Count, _what);
            if (low is >= 0xD800 and <= 0xDFFF)
            {
                continue;
            }

            if (_isSearch)
            {
                // A match may begin later.
                targets.Add(_network.Start);
            }

            if (targets.Count > 0)
            {
                AutomatonBuilder.AddEdge(edges, low, cuts[i + 1] - 1, Add(Close(targets, isStart: false, isEnd: false)));
            }
        }

        return edges;
    }

    private int Add(int[] set)
    {
        if (IsSatisfied(set))
        {
            set = [_network.Final];
        }

        var key = string.Create(set.Length * 2, set, static (span, source) =>
        {
            for (var i = 0; i < source.Length; i++)
            {
                span[2 * i] = (char)(source[i] & 0xFFFF);
                span[(2 * i) + 1] = (char)(source[i] >> 16);
            }
        });

        // The start set is told apart: only there does ^ hold.
        key = _sets.Count == 0 ? "start" : key;
        if (!_ids.TryGetValue(key, out var id))
        {
            id = _sets.Count;
            AutomatonBuilder.CheckCount(id, _what);
            _ids.Add(key, id);
            _sets.Add(set);
        }

        return id;
    }

    private int[] Close(IReadOnlyList<int> states, bool isStart, bool isEnd)
    {
        var found = new HashSet<int>();
        var open = new Stack<int>();
        foreach (var state in states)
        {
            if (found.Add(state))
            {
                open.Push(state);
            }
        }

        while (open.TryPop(out var state))
        {
            _budget.Spend(1, _what);
            foreach (var (step, target) in _network.Steps(state))
            {
                var isOpen = step switch
                {
                    CharNetwork.Step.AtStart => isStart,
                    CharNetwork.Step.AtEnd => isEnd,
                    _ => true,
                };
                if (isOpen && found.Add(target))
                {
                    open.Push(target);
                }
            }
        }

        var sorted = found.ToArray();
        Array.Sort(sorted);
        return sorted;
    }
}
