using System.Text.Json;
using Gemma4.Sampling.Constraints.Grammars;

namespace Gemma4.Sampling.Constraints.Schemas;

/// <summary>
/// Compiles JSON Schema to grammar nodes. Schemas that must hold together are merged keyword by keyword; each set of
/// schemas is compiled once, so recursion is a node that points to itself.
/// </summary>
internal sealed class SchemaCompiler
{
    private const int MaxCombinations = 1024;

    private static readonly JsonElement ObjectSchema = JsonElement.Parse("""{"type":"object"}""");

    private readonly SchemaReport _report;
    private readonly ConstraintBudget _budget;
    private readonly Notation _notation;
    private readonly KeywordReader _keywords;
    private readonly ScalarCompiler _scalars;
    private readonly ObjectCompiler _objects;
    private readonly ExclusiveBranches _exclusive;
    private readonly ValueCheck _check;
    private readonly Dictionary<string, RuleNode> _rules = new(StringComparer.Ordinal);
    private readonly Queue<(RuleNode Rule, List<SchemaPlace> Places)> _open = new();

    public SchemaCompiler(JsonElement root, SchemaReport report, ConstraintBudget budget, Notation notation)
    {
        _report = report;
        _budget = budget;
        _notation = notation;
        _keywords = new KeywordReader(root, report, budget, isCall: !notation.IsJson);
        _scalars = new ScalarCompiler(report, budget, notation);
        _objects = new ObjectCompiler(report, budget, notation, _scalars, Compile, Flatten);
        _check = new ValueCheck(_scalars, !notation.IsJson, Flatten);
        _exclusive = new ExclusiveBranches(root);
        Root = root;
    }

    private JsonElement Root { get; }

    /// <summary>The whole schema; the arguments of a call are an object whatever it says.</summary>
    public GrammarNode CompileRoot(bool isObject)
    {
        var places = new List<SchemaPlace> { new("#", Root) };
        if (isObject)
        {
            places.Add(new SchemaPlace("#object", ObjectSchema));
        }

        var rule = Compile(places);
        while (_open.TryDequeue(out var next))
        {
            next.Rule.Target = Build(next.Places);
        }

        return rule;
    }

    private RuleNode Compile(IReadOnlyList<SchemaPlace> places)
    {
        var distinct = places.DistinctBy(place => place.Key).OrderBy(place => place.Key, StringComparer.Ordinal).ToList();
        var key = string.Join('\n', distinct.Select(place => place.Key));
        if (!_rules.TryGetValue(key, out var rule))
        {
            rule = new RuleNode(key);
            _rules.Add(key, rule);
            _open.Enqueue((rule, distinct));
            _budget.Spend(1 + distinct.Count, _report.Subject);
            if (_rules.Count > ConstraintBudget.MaxNodes)
            {
                throw new Gemma4ConstraintException($"{_report.Subject} combines into more than {ConstraintBudget.MaxNodes} schemas. Make it smaller.");
            }
        }

        return rule;
    }

    /// <summary>Everything that must hold at a place, references and allOf followed.</summary>
    private (ValueShape Shape, List<SchemaPlace> Places) Flatten(IReadOnlyList<SchemaPlace> places)
    {
        var shape = new ValueShape();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var all = new List<SchemaPlace>();
        var open = new Queue<SchemaPlace>(places);
        while (open.TryDequeue(out var place))
        {
            if (!seen.Add(place.Pointer))
            {
                continue;
            }

            all.Add(place with { IsFollowed = true });
            foreach (var more in _keywords.Read(place, shape))
            {
                open.Enqueue(more);
            }
        }

        return (shape, all);
    }

    private GrammarNode Build(List<SchemaPlace> places)
    {
        var (shape, all) = Flatten(places);
        return shape.Alternatives.Count > 0 ? BuildAlternatives(shape, all) : BuildShape(shape, all);
    }

    private ChoiceNode BuildAlternatives(ValueShape shape, List<SchemaPlace> all)
    {
        var combinations = new List<List<SchemaPlace>> { all };
        foreach (var branches in shape.Alternatives)
        {
            if (branches.Count > 0 && branches[0].Pointer.EndsWith("/oneOf/0", StringComparison.Ordinal)
                && _exclusive.WhyNot(branches, shape.Types) is { } reason)
            {
                _report.Weaken(
                    branches[0].Pointer[..^2],
                    $"oneOf is treated as anyOf, because {reason}; give each branch its own type or a required property with its own const");
            }

            if ((long)combinations.Count * branches.Count > MaxCombinations)
            {
                throw new Gemma4ConstraintException(
                    $"{_report.Subject} combines alternatives in more than {MaxCombinations} ways at {all[0].Pointer}. Use fewer "
                    + "anyOf or oneOf beside each other.");
            }

            var longer = new List<List<SchemaPlace>>(combinations.Count * branches.Count);
            foreach (var combination in combinations)
            {
                foreach (var branch in branches)
                {
                    longer.Add([.. combination, branch]);
                }
            }

            combinations = longer;
        }

        var nodes = new List<GrammarNode>();
        foreach (var combination in combinations)
        {
            nodes.Add(Compile(combination));
        }

        return new ChoiceNode([.. nodes]);
    }

    private GrammarNode BuildShape(ValueShape shape, List<SchemaPlace> all)
    {
        if (shape.Enumerations.Count > 0)
        {
            return new EnumerationCompiler(_report, _notation, _scalars, _budget, _check).Build(shape);
        }

        var pointer = all.Count > 0 ? all[0].Pointer : "#";
        var branches = new List<GrammarNode>(_scalars.Build(shape, pointer));
        if (shape.Types.HasFlag(JsonTypes.Array))
        {
            branches.Add(BuildArray(shape));
        }

        if (shape.Types.HasFlag(JsonTypes.Object))
        {
            branches.Add(_objects.Build(shape, pointer));
        }

        if (branches.Count == 0)
        {
            _report.Impossible(pointer, "no type and value is left");
        }

        return branches.Count == 1 ? branches[0] : new ChoiceNode([.. branches]);
    }

    private ArrayNode BuildArray(ValueShape shape)
    {
        if (shape.UniqueItems is { } pointer && shape.MaxItems > 1)
        {
            _report.Weaken(pointer, "'uniqueItems' cannot be enforced");
        }

        var leadingCount = shape.Arrays.Count == 0 ? 0 : shape.Arrays.Max(part => part.Leading.Length);

        // A list that long would only be cut anyway.
        var leading = new List<GrammarNode>();
        for (var i = 0; i < leadingCount && i < shape.MaxItems; i++)
        {
            var places = new List<SchemaPlace>();
            foreach (var part in shape.Arrays)
            {
                if (i < part.Leading.Length)
                {
                    places.Add(part.Leading[i]);
                }
                else if (part.Others is not null)
                {
                    places.Add(part.Others);
                }
            }

            leading.Add(Compile(places));
        }

        var others = new List<SchemaPlace>();
        foreach (var part in shape.Arrays)
        {
            if (part.Others is not null)
            {
                others.Add(part.Others);
            }
        }

        if (shape.MinItems > shape.MaxItems)
        {
            _report.Impossible(shape.Arrays.Count > 0 ? "the array" : "#", $"minItems {shape.MinItems} is above maxItems {shape.MaxItems}");
        }

        return new ArrayNode([.. leading], Compile(others), shape.MinItems, shape.MaxItems, _notation);
    }
}
