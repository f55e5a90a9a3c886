using System.Text.Json;
using Gemma4.Prompting;
using Gemma4.Sampling.Constraints.Characters;
using Gemma4.Sampling.Constraints.Grammars;

namespace Gemma4.Sampling.Constraints.Schemas;

/// <summary>Compiles enum and const: those of the listed values that everything else allows.</summary>
internal sealed class EnumerationCompiler(
    SchemaReport report, Notation notation, ScalarCompiler scalars, ConstraintBudget budget)
{
    public GrammarNode Build(ValueShape shape)
    {
        var (place, values) = shape.Enumerations[0];
        var kept = new List<JsonElement>();
        foreach (var value in values)
        {
            budget.Spend(1, report.Subject);
            if (shape.Enumerations.TrueForAll(list => list.Values.Exists(other => JsonElement.DeepEquals(value, other)))
                && IsAllowed(value, shape, place.Pointer))
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

    private bool IsAllowed(JsonElement value, ValueShape shape, string pointer)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Null:
                return shape.Types.HasFlag(JsonTypes.Null);
            case JsonValueKind.True or JsonValueKind.False:
                return shape.Types.HasFlag(JsonTypes.Boolean);
            case JsonValueKind.String:
                var text = JsonValues.GetText(value);
                if (!notation.IsJson && text.Contains('\uFFFF', StringComparison.Ordinal))
                {
                    return false;
                }

                return shape.Types.HasFlag(JsonTypes.String) && (scalars.Text(shape, pointer)?.Matches(text) ?? false);
            case JsonValueKind.Number:
                return IsNumberAllowed(value, shape, pointer);
            default:
                var isObject = value.ValueKind == JsonValueKind.Object;
                if (isObject ? shape.Objects.Count + shape.Required.Count > 0 : shape.Arrays.Count > 0)
                {
                    report.Weaken(pointer, "keywords for arrays or objects beside enum or const are not checked against its values");
                }

                return shape.Types.HasFlag(isObject ? JsonTypes.Object : JsonTypes.Array);
        }
    }

    private bool IsNumberAllowed(JsonElement value, ValueShape shape, string pointer)
    {
        if ((shape.Types & JsonTypes.Number) == 0 || !DecimalNumber.TryParse(value.GetRawText(), out var number))
        {
            return false;
        }

        // The plain spelling is one that the number's automaton knows.
        var magnitude = number.Sign < 0 ? number.Negate() : number;
        var plain = (number.Sign < 0 ? "-" : "") + magnitude.Whole.ToString(System.Globalization.CultureInfo.InvariantCulture)
            + (number.IsInteger ? "" : "." + magnitude.FractionDigits);
        return scalars.Number(shape, pointer)?.Matches(plain) ?? false;
    }
}
