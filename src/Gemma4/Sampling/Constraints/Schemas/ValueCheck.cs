using System.Globalization;
using System.Text.Json;
using Gemma4.Prompting;
using Gemma4.Sampling.Constraints.Characters;

namespace Gemma4.Sampling.Constraints.Schemas;

/// <summary>Checks the values that enum and const list against everything else that is said of their place.</summary>
internal sealed class ValueCheck(
    ScalarCompiler scalars,
    bool isCall,
    Func<IReadOnlyList<SchemaPlace>, (ValueShape Shape, List<SchemaPlace> Places)> flatten)
{
    // Branches that lead back to themselves say nothing, however often they are followed.
    private const int MaxDepth = 200;

    // The values of one list ask for the same patterns, one after the other.
    private ValueShape? _textShape;
    private CharPattern? _text;
    private ValueShape? _numberShape;
    private CharPattern? _number;

    public bool Meets(JsonElement value, ValueShape shape, string pointer, int depth = 0)
    {
        // The value comes from the first list of its own shape; looking it up again would make long lists slow.
        if ((depth > 0 || shape.Enumerations.Count > 1) && !shape.Enumerations.TrueForAll(list => list.Values.Exists(other => JsonElement.DeepEquals(value, other))))
        {
            return false;
        }

        switch (value.ValueKind)
        {
            case JsonValueKind.Null:
                return shape.Types.HasFlag(JsonTypes.Null);
            case JsonValueKind.True or JsonValueKind.False:
                return shape.Types.HasFlag(JsonTypes.Boolean);
            case JsonValueKind.String:
                var text = JsonValues.GetText(value);
                return shape.Types.HasFlag(JsonTypes.String)
                    && !(isCall && text.Contains('\uFFFF', StringComparison.Ordinal))
                    && (TextOf(shape, pointer)?.Matches(text) ?? false);
            case JsonValueKind.Number:
                return MeetsNumber(value, shape, pointer);
            case JsonValueKind.Array:
                return shape.Types.HasFlag(JsonTypes.Array) && MeetsArray(value, shape, depth);
            default:
                return shape.Types.HasFlag(JsonTypes.Object) && MeetsObject(value, shape, depth);
        }
    }

    private bool Meets(JsonElement value, IReadOnlyList<SchemaPlace> places, int depth)
    {
        if (depth > MaxDepth)
        {
            return false;
        }

        var (shape, all) = flatten(places);
        foreach (var branches in shape.Alternatives)
        {
            if (!branches.Exists(branch => Meets(value, [branch], depth + 1)))
            {
                return false;
            }
        }

        return Meets(value, shape, all.Count > 0 ? all[0].Pointer : "#", depth);
    }

    private bool MeetsNumber(JsonElement value, ValueShape shape, string pointer)
    {
        if ((shape.Types & JsonTypes.Number) == 0 || !DecimalNumber.TryParse(value.GetRawText(), out var number))
        {
            return false;
        }

        // The plain spelling is one that the number's automaton knows.
        var magnitude = number.Sign < 0 ? number.Negate() : number;
        var plain = (number.Sign < 0 ? "-" : "") + magnitude.Whole.ToString(CultureInfo.InvariantCulture)
            + (number.IsInteger ? "" : "." + magnitude.FractionDigits);
        return NumberOf(shape, pointer)?.Matches(plain) ?? false;
    }

    private CharPattern? TextOf(ValueShape shape, string pointer)
    {
        if (!ReferenceEquals(_textShape, shape))
        {
            (_textShape, _text) = (shape, scalars.Text(shape, pointer));
        }

        return _text;
    }

    private CharPattern? NumberOf(ValueShape shape, string pointer)
    {
        if (!ReferenceEquals(_numberShape, shape))
        {
            (_numberShape, _number) = (shape, scalars.Number(shape, pointer));
        }

        return _number;
    }

    private bool MeetsArray(JsonElement value, ValueShape shape, int depth)
    {
        var items = value.EnumerateArray().ToArray();
        if (items.Length < shape.MinItems || items.Length > shape.MaxItems)
        {
            return false;
        }

        for (var i = 0; i < items.Length; i++)
        {
            if (shape.UniqueItems is not null && items.Take(i).Any(other => JsonElement.DeepEquals(other, items[i])))
            {
                return false;
            }

            foreach (var part in shape.Arrays)
            {
                var place = i < part.Leading.Length ? part.Leading[i] : part.Others;
                if (place is not null && !Meets(items[i], [place], depth + 1))
                {
                    return false;
                }
            }
        }

        return true;
    }

    private bool MeetsObject(JsonElement value, ValueShape shape, int depth)
    {
        var count = 0;
        foreach (var member in value.EnumerateObject())
        {
            count++;
            if (!Meets(member.Value, ObjectCompiler.PlacesOf(shape, member.Name), depth + 1)
                || !Meets(JsonValues.FromText(member.Name), shape.PropertyNames, depth + 1))
            {
                return false;
            }
        }

        return count >= shape.MinProperties && count <= shape.MaxProperties
            && shape.Required.All(key => value.TryGetProperty(key, out _));
    }
}
