using System.Text.Json;
using Gemma4.Sampling.Constraints.Characters;

namespace Gemma4.Sampling.Constraints.Schemas;

/// <summary>Adds the keywords of one schema to a shape, and finds the schemas it refers to.</summary>
internal sealed class KeywordReader(JsonElement root, SchemaReport report, ConstraintBudget budget, bool isCall)
{
    private static readonly JsonElement Always = JsonElement.Parse("true");

    /// <summary>The schemas that must hold besides.</summary>
    public List<SchemaPlace> Read(SchemaPlace place, ValueShape shape)
    {
        var more = new List<SchemaPlace>();
        var schema = place.Element;
        switch (schema.ValueKind)
        {
            case JsonValueKind.True:
                return more;
            case JsonValueKind.False:
                shape.Types = JsonTypes.None;
                report.Impossible(place.Pointer, "the schema false admits nothing");
                return more;
            case JsonValueKind.Object:
                break;
            default:
                report.Weaken(place.Pointer, $"a schema is an object, true or false, not {schema.GetRawText()}");
                return more;
        }

        foreach (var keyword in schema.EnumerateObject())
        {
            budget.Spend(1, report.Subject);
            if (!ReadNested(place, keyword.Name, keyword.Value, shape, more)
                && !ReadScalar(place, keyword.Name, keyword.Value, shape)
                && WhyNot(keyword.Name, keyword.Value) is { } reason)
            {
                report.Weaken(place.Pointer, $"'{keyword.Name}' cannot be enforced{reason}");
            }
        }

        ReadArray(place, shape);
        ReadObject(place, shape);
        return more;
    }

    private bool ReadNested(SchemaPlace place, string name, JsonElement value, ValueShape shape, List<SchemaPlace> more)
    {
        switch (name)
        {
            case "$ref" or "allOf" or "anyOf" or "oneOf" when place.IsFollowed:
                return true;
            case "$ref":
                if (value.ValueKind != JsonValueKind.String || SchemaPlace.Resolve(root, value.GetString()!) is not { } target)
                {
                    report.Weaken(place.Pointer, $"the reference {value.GetRawText()} leads nowhere in this document");
                    return true;
                }

                more.Add(target);
                return true;
            case "allOf" or "anyOf" or "oneOf":
                if (value.ValueKind != JsonValueKind.Array)
                {
                    return Malformed(place, name, value);
                }

                var branches = Elements(place, name, value);
                if (name == "allOf")
                {
                    more.AddRange(branches);
                }
                else
                {
                    shape.Alternatives.Add(branches);
                }

                return true;
            case "propertyNames":
                shape.PropertyNames.Add(place.Child(name, value));
                return true;
            default:
                return false;
        }
    }

    private bool ReadScalar(SchemaPlace place, string name, JsonElement value, ValueShape shape)
    {
        switch (name)
        {
            case "type":
                shape.Types &= ReadTypes(place, value);
                return true;
            case "enum":
                if (value.ValueKind != JsonValueKind.Array)
                {
                    return Malformed(place, name, value);
                }

                shape.Enumerations.Add((place, [.. value.EnumerateArray()]));
                return true;
            case "const":
                shape.Enumerations.Add((place, [value]));
                return true;
            case "minimum" or "exclusiveMinimum" or "maximum" or "exclusiveMaximum":
                return ReadBound(place, name, value, shape);
            case "multipleOf":
                if (value.ValueKind != JsonValueKind.Number || !DecimalNumber.TryParse(value.GetRawText(), out var step) || step.Sign <= 0)
                {
                    return Malformed(place, name, value);
                }

                shape.Multiples.Add(step);
                return true;
            case "minLength" when Count(place, name, value) is { } count:
                shape.MinLength = Math.Max(shape.MinLength, count);
                return true;
            case "maxLength" when Count(place, name, value) is { } count:
                shape.MaxLength = Math.Min(shape.MaxLength, count);
                return true;
            case "minItems" when Count(place, name, value) is { } count:
                shape.MinItems = Math.Max(shape.MinItems, count);
                return true;
            case "maxItems" when Count(place, name, value) is { } count:
                shape.MaxItems = Math.Min(shape.MaxItems, count);
                return true;
            case "minProperties" when Count(place, name, value) is { } count:
                shape.MinProperties = Math.Max(shape.MinProperties, count);
                return true;
            case "maxProperties" when Count(place, name, value) is { } count:
                shape.MaxProperties = Math.Min(shape.MaxProperties, count);
                return true;
            case "pattern" when value.ValueKind == JsonValueKind.String:
                shape.Patterns.Add((place.Pointer, value.GetString()!));
                return true;
            case "format" when value.ValueKind == JsonValueKind.String:
                shape.Formats.Add(value.GetString()!);
                return true;
            case "uniqueItems":
                shape.UniqueItems = value.ValueKind == JsonValueKind.True ? place.Pointer : shape.UniqueItems;
                return true;
            case "required" when value.ValueKind == JsonValueKind.Array:
                foreach (var key in value.EnumerateArray())
                {
                    if (key.ValueKind == JsonValueKind.String)
                    {
                        shape.Required.Add(key.GetString()!);
                    }
                }

                return true;
            default:
                return false;
        }
    }

    private JsonTypes ReadTypes(SchemaPlace place, JsonElement value)
    {
        var types = JsonTypes.None;
        IEnumerable<JsonElement> names = value.ValueKind == JsonValueKind.Array ? value.EnumerateArray() : [value];
        foreach (var name in names)
        {
            var text = name.ValueKind == JsonValueKind.String ? name.GetString()! : name.GetRawText();
            if (TypeOf(text) is not { } type)
            {
                report.Weaken(place.Pointer, $"'{text}' is no type");
                return JsonTypes.Any;
            }

            types |= type;
        }

        // OpenAPI's word for "or null".
        return place.Element.TryGetProperty("nullable", out var nullable) && nullable.ValueKind == JsonValueKind.True
            ? types | JsonTypes.Null
            : types;
    }

    private JsonTypes? TypeOf(string name) => name switch
    {
        "null" => JsonTypes.Null,
        "boolean" => JsonTypes.Boolean,
        "integer" => JsonTypes.Integer,
        "number" => JsonTypes.Number,
        "string" => JsonTypes.String,
        "array" => JsonTypes.Array,
        "object" => JsonTypes.Object,
        _ => isCall ? ToolTypeOf(name) : null,
    };

    // Tool declarations come from many hands; these names occur and have one meaning.
    private static JsonTypes? ToolTypeOf(string name) => name.ToUpperInvariant() switch
    {
        "NULL" or "NONE" => JsonTypes.Null,
        "BOOLEAN" or "BOOL" => JsonTypes.Boolean,
        "INTEGER" or "INT" or "LONG" => JsonTypes.Integer,
        "NUMBER" or "FLOAT" or "DOUBLE" => JsonTypes.Number,
        "STRING" or "STR" or "CHAR" => JsonTypes.String,
        "ARRAY" or "LIST" or "TUPLE" => JsonTypes.Array,
        "OBJECT" or "DICT" or "HASHMAP" => JsonTypes.Object,
        "ANY" => JsonTypes.Any,
        _ => null,
    };

    private bool ReadBound(SchemaPlace place, string name, JsonElement value, ValueShape shape)
    {
        var isLower = name.EndsWith("inimum", StringComparison.Ordinal);
        var isStrict = name.StartsWith("exclusive", StringComparison.Ordinal);
        if (isStrict && value.ValueKind is JsonValueKind.True or JsonValueKind.False)
        {
            // Draft 4: a flag beside the plain bound.
            if (value.ValueKind == JsonValueKind.True
                && place.Element.TryGetProperty(isLower ? "minimum" : "maximum", out var plain))
            {
                return ReadBound(place, name, plain, shape);
            }

            return true;
        }

        if (value.ValueKind != JsonValueKind.Number || !DecimalNumber.TryParse(value.GetRawText(), out var bound))
        {
            return Malformed(place, name, value);
        }

        (isLower ? shape.LowerBounds : shape.UpperBounds).Add((bound, isStrict));
        return true;
    }

    private void ReadArray(SchemaPlace place, ValueShape shape)
    {
        var schema = place.Element;
        var hasItems = schema.TryGetProperty("items", out var items);
        var leading = new List<SchemaPlace>();
        SchemaPlace? others = null;
        if (schema.TryGetProperty("prefixItems", out var prefix) && prefix.ValueKind == JsonValueKind.Array)
        {
            leading = Elements(place, "prefixItems", prefix);
        }

        if (hasItems && items.ValueKind == JsonValueKind.Array)
        {
            leading = Elements(place, "items", items);
            others = schema.TryGetProperty("additionalItems", out var additional) ? place.Child("additionalItems", additional) : null;
        }
        else if (hasItems)
        {
            others = place.Child("items", items);
        }

        if (leading.Count > 0 || others is not null)
        {
            shape.Arrays.Add(new ValueShape.ArrayPart([.. leading], others));
        }
    }

    private void ReadObject(SchemaPlace place, ValueShape shape)
    {
        var schema = place.Element;
        var properties = new Dictionary<string, SchemaPlace>(StringComparer.Ordinal);
        var hasProperties = schema.TryGetProperty("properties", out var declared) && declared.ValueKind == JsonValueKind.Object;
        if (hasProperties)
        {
            foreach (var property in declared.EnumerateObject())
            {
                budget.Spend(1, report.Subject);
                properties[property.Name] = place.Child("properties", property.Name, property.Value);
            }
        }

        var patterns = new List<(CharAutomaton, SchemaPlace)>();
        if (schema.TryGetProperty("patternProperties", out var named) && named.ValueKind == JsonValueKind.Object)
        {
            foreach (var pattern in named.EnumerateObject())
            {
                if (NamesOf(place, pattern.Name, out var isKnown) is { } names)
                {
                    patterns.Add((names, isKnown
                        ? place.Child("patternProperties", pattern.Name, pattern.Value)
                        : new SchemaPlace("#always", Always)));
                }
            }
        }

        var others = schema.TryGetProperty("additionalProperties", out var additional)
            ? place.Child("additionalProperties", additional)
            : null;
        if (hasProperties || patterns.Count > 0 || others is not null)
        {
            shape.Objects.Add(new ValueShape.ObjectPart(properties, patterns, others));
        }
    }

    private CharAutomaton? NamesOf(SchemaPlace place, string expression, out bool isKnown)
    {
        isKnown = true;
        var what = $"The pattern '{expression}' at {place.Pointer}";
        try
        {
            return AutomatonBuilder.FromExpression(RegexParser.Parse(expression), isSearch: true, what, budget);
        }
        catch (Gemma4ConstraintException problem)
        {
            report.Weaken(place.Pointer, $"patternProperties cannot be enforced: {problem.Message}");

            // Not known which names it means, so all of them may have any value.
            isKnown = false;
            return AutomatonBuilder.FromExpression(RegexTree.Empty, isSearch: true, what, budget);
        }
    }

    private List<SchemaPlace> Elements(SchemaPlace place, string keyword, JsonElement list)
    {
        var places = new List<SchemaPlace>();
        foreach (var element in list.EnumerateArray())
        {
            budget.Spend(1, report.Subject);
            places.Add(place.Child(keyword, places.Count.ToString(System.Globalization.CultureInfo.InvariantCulture), element));
        }

        return places;
    }

    private int? Count(SchemaPlace place, string name, JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && number >= 0 && number == Math.Floor(number))
        {
            return (int)Math.Min(number, int.MaxValue - 1);
        }

        Malformed(place, name, value);
        return name.StartsWith("min", StringComparison.Ordinal) ? 0 : int.MaxValue;
    }

    private bool Malformed(SchemaPlace place, string name, JsonElement value)
    {
        report.Weaken(place.Pointer, $"'{name}' has the value {value.GetRawText()}, which it cannot have");
        return true;
    }

    private static string? WhyNot(string name, JsonElement value) => name switch
    {
        "not" or "if" or "dependentSchemas" or "dependentRequired" or "dependencies" or "contains" or "$dynamicRef"
            or "$recursiveRef" => "",
        "unevaluatedProperties" or "unevaluatedItems" when value.ValueKind != JsonValueKind.True => "",
        "pattern" or "format" or "required" => $": its value is {value.GetRawText()}",
        _ => null,
    };
}
