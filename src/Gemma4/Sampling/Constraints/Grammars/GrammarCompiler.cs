namespace Gemma4.Sampling.Constraints.Grammars;

/// <summary>Compiles a user's grammar: checks its names, refuses left recursion, and takes empty rounds out of repeats.</summary>
internal sealed class GrammarCompiler
{
    private readonly Dictionary<string, (GrammarTree Body, int Line, int Column)> _rules = new(StringComparer.Ordinal);
    private readonly HashSet<string> _empty = new(StringComparer.Ordinal); // rules that match the empty text
    private readonly Dictionary<string, RuleNode> _nodes = new(StringComparer.Ordinal);
    private readonly Queue<(RuleNode Node, GrammarTree Body)> _open = new();
    private readonly string _root;

    public GrammarCompiler(string text, ConstraintBudget budget)
    {
        var rules = new GrammarReader(text, budget).Read();
        foreach (var (name, body, line, column) in rules)
        {
            if (!_rules.TryAdd(name, (body, line, column)))
            {
                throw GrammarReader.Refuse($"the rule '{name}' is defined twice", line, column);
            }
        }

        _root = _rules.ContainsKey("root") ? "root" : _rules.ContainsKey("start") ? "start" : rules[0].Name;
        foreach (var (_, body, _, _) in rules)
        {
            CheckNames(body);
        }

        FindEmptyRules();
        CheckLeftRecursion();
    }

    public GrammarNode Compile()
    {
        var root = RuleOf(_root, isNeverEmpty: false);
        while (_open.TryDequeue(out var next))
        {
            next.Node.Target = Build(next.Body);
        }

        return root;
    }

    private RuleNode RuleOf(string name, bool isNeverEmpty)
    {
        var key = isNeverEmpty ? name + "'" : name;
        if (!_nodes.TryGetValue(key, out var node))
        {
            node = new RuleNode(key);
            _nodes.Add(key, node);
            var body = _rules[name].Body;
            _open.Enqueue((node, isNeverEmpty ? NeverEmpty(body) : body));
        }

        return node;
    }

    private GrammarNode Build(GrammarTree tree)
    {
        switch (tree)
        {
            case GrammarTree.Literal { Text: "" }:
                return new SequenceNode();
            case GrammarTree.Literal literal:
                return new BytesNode(literal.Text);
            case GrammarTree.Characters characters:
                return new PatternNode(characters.Pattern, Spelling.Verbatim, "characters of the grammar");
            case GrammarTree.Reference reference:
                return RuleOf(reference.Name.TrimEnd('\''), reference.Name.EndsWith('\''));
            case GrammarTree.Sequence sequence:
                return new SequenceNode([.. sequence.Items.Select(Build)]);
            case GrammarTree.Alternation alternation:
                return new ChoiceNode([.. alternation.Branches.Select(Build)]);
            case GrammarTree.Repeat repeat:
                // Where a round may be empty, so may as many of the demanded ones as one likes.
                return IsEmptyAllowed(repeat.Body)
                    ? new RepeatNode(Build(NeverEmpty(repeat.Body)), 0, repeat.Maximum)
                    : new RepeatNode(Build(repeat.Body), repeat.Minimum, repeat.Maximum);
            default:
                throw new InvalidOperationException($"Unknown part {tree.GetType().Name}.");
        }
    }

    /// <summary>The same texts but the empty one.</summary>
    private GrammarTree NeverEmpty(GrammarTree tree)
    {
        if (!IsEmptyAllowed(tree))
        {
            return tree;
        }

        switch (tree)
        {
            case GrammarTree.Characters characters:
                var pattern = characters.Pattern.Limit(1, int.MaxValue, "The grammar", new ConstraintBudget());
                return pattern is null ? new GrammarTree.Alternation([]) : new GrammarTree.Characters(pattern);
            case GrammarTree.Reference reference:
                return reference with { Name = reference.Name + "'" };
            case GrammarTree.Sequence sequence:
                // The first item that is not empty may be any of them.
                var branches = new List<GrammarTree>();
                for (var i = 0; i < sequence.Items.Length; i++)
                {
                    branches.Add(new GrammarTree.Sequence([NeverEmpty(sequence.Items[i]), .. sequence.Items[(i + 1)..]]));
                }

                return new GrammarTree.Alternation([.. branches]);
            case GrammarTree.Alternation alternation:
                return new GrammarTree.Alternation([.. alternation.Branches.Select(NeverEmpty)]);
            case GrammarTree.Repeat repeat:
                return repeat.Maximum == 0
                    ? new GrammarTree.Alternation([])
                    : new GrammarTree.Repeat(NeverEmpty(repeat.Body), 1, repeat.Maximum);
            default:
                return new GrammarTree.Alternation([]);
        }
    }

    private bool IsEmptyAllowed(GrammarTree tree) => tree switch
    {
        GrammarTree.Literal literal => literal.Text.Length == 0,
        GrammarTree.Characters characters => characters.Pattern.Minimum == 0 && characters.Pattern.Automaton.Accepts(0),
        GrammarTree.Reference reference => _empty.Contains(reference.Name),
        GrammarTree.Sequence sequence => Array.TrueForAll(sequence.Items, IsEmptyAllowed),
        GrammarTree.Alternation alternation => Array.Exists(alternation.Branches, IsEmptyAllowed),
        GrammarTree.Repeat repeat => repeat.Minimum == 0 || IsEmptyAllowed(repeat.Body),
        _ => false,
    };

    private void FindEmptyRules()
    {
        var isChanged = true;
        while (isChanged)
        {
            isChanged = false;
            foreach (var (name, rule) in _rules)
            {
                isChanged |= !_empty.Contains(name) && IsEmptyAllowed(rule.Body) && _empty.Add(name);
            }
        }
    }

    private void CheckNames(GrammarTree tree)
    {
        if (tree is GrammarTree.Reference reference && !_rules.ContainsKey(reference.Name))
        {
            throw GrammarReader.Refuse($"there is no rule '{reference.Name}'", reference.Line, reference.Column);
        }

        foreach (var child in Children(tree))
        {
            CheckNames(child);
        }
    }

    private static GrammarTree[] Children(GrammarTree tree) => tree switch
    {
        GrammarTree.Sequence sequence => sequence.Items,
        GrammarTree.Alternation alternation => alternation.Branches,
        GrammarTree.Repeat repeat => [repeat.Body],
        _ => [],
    };

    // A rule that can begin with itself would be entered without end.
    private void CheckLeftRecursion()
    {
        var state = new Dictionary<string, int>(StringComparer.Ordinal); // 1 on the way, 2 done
        foreach (var start in _rules.Keys)
        {
            var path = new Stack<(string Name, Queue<GrammarTree.Reference> Firsts)>();
            Push(start);
            while (path.TryPeek(out var step))
            {
                if (!step.Firsts.TryDequeue(out var first))
                {
                    state[step.Name] = 2;
                    path.Pop();
                    continue;
                }

                if (state.GetValueOrDefault(first.Name) == 1)
                {
                    throw GrammarReader.Refuse(
                        $"the rule '{first.Name}' begins with itself; put the recursion last, or use '*'", first.Line, first.Column);
                }

                Push(first.Name);
            }

            void Push(string name)
            {
                if (state.GetValueOrDefault(name) == 0)
                {
                    state[name] = 1;
                    path.Push((name, new Queue<GrammarTree.Reference>(Firsts(_rules[name].Body))));
                }
            }
        }
    }

    private IEnumerable<GrammarTree.Reference> Firsts(GrammarTree tree)
    {
        switch (tree)
        {
            case GrammarTree.Reference reference:
                return [reference];
            case GrammarTree.Sequence sequence:
                var firsts = new List<GrammarTree.Reference>();
                foreach (var item in sequence.Items)
                {
                    firsts.AddRange(Firsts(item));
                    if (!IsEmptyAllowed(item))
                    {
                        break;
                    }
                }

                return firsts;
            default:
                return Children(tree).SelectMany(Firsts);
        }
    }
}
