namespace Gemma4.Sampling.Constraints.Characters;

/// <summary>A nondeterministic automaton made from an expression, with anchors as conditional empty steps.</summary>
internal sealed class CharNetwork
{
    private const int MaxStates = 60_000;

    private readonly string _what;
    private readonly ConstraintBudget _budget;
    private readonly List<List<(CharSet Set, int Target)>> _edges = [];
    private readonly List<List<(Step Step, int Target)>> _steps = [];

    public CharNetwork(RegexTree tree, string what, ConstraintBudget budget)
    {
        _what = what;
        _budget = budget;
        Start = Add();
        Final = Build(tree, Start);
    }

    public enum Step
    {
        Free,
        AtStart,
        AtEnd,
    }

    public int Start { get; }

    public int Final { get; }

    public List<(CharSet Set, int Target)> Edges(int state) => _edges[state];

    public List<(Step Step, int Target)> Steps(int state) => _steps[state];

    private int Add()
    {
        if (_edges.Count >= MaxStates)
        {
            throw new Gemma4ConstraintException(
                $"{_what} needs more than {MaxStates} positions. Use smaller counts, or count with minLength and maxLength.");
        }

        _budget.Spend(1, _what);
        _edges.Add([]);
        _steps.Add([]);
        return _edges.Count - 1;
    }

    private int Build(RegexTree tree, int from)
    {
        switch (tree)
        {
            case RegexTree.Chars chars:
                var next = Add();
                _edges[from].Add((chars.Characters, next));
                return next;
            case RegexTree.Sequence sequence:
                foreach (var item in sequence.Items)
                {
                    from = Build(item, from);
                }

                return from;
            case RegexTree.Alternation alternation:
                var joined = Add();
                foreach (var branch in alternation.Branches)
                {
                    var start = Add();
                    _steps[from].Add((Step.Free, start));
                    _steps[Build(branch, start)].Add((Step.Free, joined));
                }

                return joined;
            case RegexTree.Anchor anchor:
                var behind = Add();
                _steps[from].Add((anchor.IsStart ? Step.AtStart : Step.AtEnd, behind));
                return behind;
            case RegexTree.Repeat repeat:
                return BuildRepeat(repeat, from);
            default:
                throw new InvalidOperationException($"Unknown expression {tree.GetType().Name}.");
        }
    }

    private int BuildRepeat(RegexTree.Repeat repeat, int from)
    {
        for (var i = 0; i < repeat.Minimum; i++)
        {
            from = Build(repeat.Body, from);
        }

        if (repeat.Maximum < 0)
        {
            var loop = Add();
            _steps[from].Add((Step.Free, loop));
            _steps[Build(repeat.Body, loop)].Add((Step.Free, loop));
            return loop;
        }

        var end = Add();
        for (var i = repeat.Minimum; i < repeat.Maximum; i++)
        {
            _steps[from].Add((Step.Free, end));
            from = Build(repeat.Body, from);
        }

        _steps[from].Add((Step.Free, end));
        return end;
    }
}
