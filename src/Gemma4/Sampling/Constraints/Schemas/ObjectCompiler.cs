using System.Text.Json;
using Gemma4.Sampling.Constraints.Characters;
using Gemma4.Sampling.Constraints.Grammars;

namespace Gemma4.Sampling.Constraints.Schemas;

/// <summary>Compiles objects: for each key, declared or not, everything that any of the merged schemas says of it.</summary>
internal sealed class ObjectCompiler(
    SchemaReport report,
    ConstraintBudget budget,
    Notation notation,
    ScalarCompiler scalars,
    Func<IReadOnlyList<SchemaPlace>, GrammarNode> compile,
    Func<IReadOnlyList<SchemaPlace>, (ValueShape Shape, List<SchemaPlace> Places)> flatten)
{
    private const int MaxNamePatterns = 8;

    public ObjectNode Build(ValueShape shape, string pointer)
    {
        var allowedNames = AllowedNames(shape, pointer);
        var properties = new Dictionary<string, GrammarNode>(StringComparer.Ordinal);
        var required = new HashSet<string>(StringComparer.Ordinal);
        foreach (var name in shape.Objects.SelectMany(static part => part.Properties.Keys).Concat(shape.Required))
        {
            if (properties.ContainsKey(name))
            {
                continue;
            }

            if (!notation.IsJson && !BareKeys.CanSpell(name))
            {
                report.Weaken(pointer, $"the key '{name}' cannot be written in a call, which has its keys without quotes; it is left out");
                continue;
            }

            properties[name] = allowedNames is not null && !allowedNames.Matches(name) ? new ChoiceNode() : compile(PlacesOf(shape, name));
            if (shape.Required.Contains(name))
            {
                required.Add(name);
            }
        }

        if (shape.MinProperties > shape.MaxProperties)
        {
            report.Impossible(pointer, $"minProperties {shape.MinProperties} is above maxProperties {shape.MaxProperties}");
        }

        var free = IsClosed(shape, pointer, properties.Count) ? null : Free(shape, pointer, allowedNames);
        return new ObjectNode(
            properties, required, free, shape.MinProperties, shape.MaxProperties, notation);
    }

    public static List<SchemaPlace> PlacesOf(ValueShape shape, string name)
    {
        var places = new List<SchemaPlace>();
        foreach (var part in shape.Objects)
        {
            var before = places.Count;
            if (part.Properties.TryGetValue(name, out var property))
            {
                places.Add(property);
            }

            foreach (var (names, place) in part.Patterns)
            {
                if (names.Matches(name))
                {
                    places.Add(place);
                }
            }

            if (places.Count == before && part.Others is not null)
            {
                places.Add(part.Others);
            }
        }

        return places;
    }

    private bool IsClosed(ValueShape shape, string pointer, int declared) =>
        notation.ClosesObjects
        && (declared > 0 || (pointer == "#" && !notation.IsJson))
        && shape.MinProperties <= declared
        && shape.PropertyNames.Count == 0
        && shape.Objects.TrueForAll(static part => part.Others is null && part.Patterns.Count == 0);

    private FreeKeys? Free(ValueShape shape, string pointer, CharPattern? allowedNames)
    {
        var what = $"The keys at {pointer} of {report.Subject}";
        var patterns = shape.Objects.SelectMany(static part => part.Patterns).ToList();
        if (patterns.Count > MaxNamePatterns)
        {
            throw new Gemma4ConstraintException($"{what} follow more than {MaxNamePatterns} patterns. Use fewer patternProperties.");
        }

        // Label: 1, and above it one bit for each pattern that the name matches.
        CharAutomaton? names = notation.IsJson ? CharAutomaton.Loop(CharSet.Any) : BareKeys.Names;
        for (var i = 0; i < patterns.Count && names is not null; i++)
        {
            var bit = 2 << i;
            names = AutomatonBuilder.Product(
                names, patterns[i].Names, (a, b) => a == 0 ? 0 : b == 0 ? a : a | bit, needsBoth: false, what, budget);
        }

        if (names is not null && allowedNames is not null)
        {
            names = allowedNames.WithoutCounts(what, budget) is { } allowed
                ? AutomatonBuilder.Product(names, allowed, static (a, b) => b == 0 ? 0 : a, needsBoth: true, what, budget)
                : null;
        }

        var values = new List<GrammarNode>();
        var classes = new Dictionary<int, int>();
        names = names is null ? null : AutomatonBuilder.Relabel(names, label =>
        {
            if (label == 0)
            {
                return 0;
            }

            if (!classes.TryGetValue(label, out var number))
            {
                var places = FreePlaces(shape, label >> 1);
                if (!places.Exists(static place => place.Element.ValueKind == JsonValueKind.False))
                {
                    values.Add(compile(places));
                    number = values.Count;
                }

                classes.Add(label, number);
            }

            return number;
        });
        return names is null ? null : new FreeKeys(names, [.. values]);
    }

    private static List<SchemaPlace> FreePlaces(ValueShape shape, int matched)
    {
        var places = new List<SchemaPlace>();
        var index = 0;
        foreach (var part in shape.Objects)
        {
            var before = places.Count;
            foreach (var (_, place) in part.Patterns)
            {
                if ((matched >> index++ & 1) != 0)
                {
                    places.Add(place);
                }
            }

            if (places.Count == before && part.Others is not null)
            {
                places.Add(part.Others);
            }
        }

        return places;
    }

    // What propertyNames leaves; null when it says nothing.
    private CharPattern? AllowedNames(ValueShape shape, string pointer)
    {
        if (shape.PropertyNames.Count == 0)
        {
            return null;
        }

        var (names, _) = flatten(shape.PropertyNames);
        if (names.Alternatives.Count > 0)
        {
            report.Weaken(pointer, "'propertyNames' with anyOf or oneOf cannot be enforced");
            return null;
        }

        var pattern = names.Types.HasFlag(JsonTypes.String) ? scalars.Text(names, pointer) : null;
        foreach (var (_, values) in names.Enumerations)
        {
            var words = AutomatonBuilder.Words(values.Where(static value => value.ValueKind == JsonValueKind.String)
                .Select(static value => value.GetString()!));
            pattern = pattern?.And(new CharPattern(words), $"The keys at {pointer} of {report.Subject}", budget);
        }

        return pattern ?? new CharPattern(CharAutomaton.Loop(CharSet.None), 1, 1);
    }
}
