using System.Text.Json;
using Gemma4.Prompting;
using Gemma4.Sampling.Constraints.Characters;
using Gemma4.Sampling.Constraints.Grammars;

namespace Gemma4.Sampling.Constraints.Schemas;

/// <summary>Compiles enum and const: those of the listed values that everything else allows.</summary>
internal sealed class EnumerationCompiler(
    SchemaReport report, Notation notation, ScalarCompiler scalars, ConstraintBudget budget, ValueCheck check)
{
    public GrammarNode Build(ValueShape shape)
    {
        var (place, values) = shape.Enumerations[0];
        var kept = new List<JsonElement>();
        foreach (var value in values)
        {
            budget.Spend(1, report.Subject);
            if (check.Meets(value, shape, place.Pointer))
            {
                kept.Add(value);
            }
        }

        if (kept.Count == 0)
        {
            report.Impossible(place.Pointer, values.Count == 0 ? "its list of values is empty" : "none of its listed values is allowed");
        }

        var texts = new List<string>();
        var numbers = new List<string>();
        var nodes = new List<GrammarNode>();
        foreach (var value in kept)
        {
            switch (value.ValueKind)
            {
                case JsonValueKind.String:
                    texts.Add(JsonValues.GetText(value));
                    break;
                case JsonValueKind.Number:
                    numbers.Add(value.GetRawText());
                    numbers.AddRange(OtherSpellings(value));
                    break;
                default:
                    nodes.Add(Fixed(value));
                    break;
            }
        }

        if (texts.Count > 0)
        {
            nodes.Add(scalars.Quote(new CharPattern(AutomatonBuilder.Words(texts))));
        }

        if (numbers.Count > 0)
        {
            nodes.Add(new PatternNode(new CharPattern(AutomatonBuilder.Words(numbers)), Spelling.Verbatim, "a listed number"));
        }

        return nodes.Count == 1 ? nodes[0] : new ChoiceNode([.. nodes]);
    }

    /// <summary>Exactly one value, in any order of keys.</summary>
    private GrammarNode Fixed(JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                var members = new Dictionary<string, GrammarNode>(StringComparer.Ordinal);
                foreach (var member in value.EnumerateObject())
                {
                    members[member.Name] = Fixed(member.Value);
                }

                return new ObjectNode(
                    members, members.Keys.ToHashSet(StringComparer.Ordinal), null, 0, int.MaxValue, notation);
            case JsonValueKind.Array:
                GrammarNode[] items = [.. value.EnumerateArray().Select(Fixed)];
                return new ArrayNode(items, null, items.Length, items.Length, notation);
            case JsonValueKind.String:
                return scalars.Quote(new CharPattern(AutomatonBuilder.Words([JsonValues.GetText(value)])));
            case JsonValueKind.Number:
                return new PatternNode(
                    new CharPattern(AutomatonBuilder.Words([value.GetRawText(), .. OtherSpellings(value)])), Spelling.Verbatim, "a number");
            default:
                return new BytesNode(value.GetRawText());
        }
    }

    private static List<string> OtherSpellings(JsonElement number)
    {
        var spellings = new List<string> { PythonText.Number(number) };
        if (DecimalNumber.TryParse(number.GetRawText(), out var exact) && exact.IsInteger && exact.Exponent < 25)
        {
            spellings.Add(exact.Whole.ToString(System.Globalization.CultureInfo.InvariantCulture));
        }

        return spellings;
    }
}
