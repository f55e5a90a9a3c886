using System.Text.Json;

namespace Gemma4.Sampling.Constraints.Schemas;

/// <summary>
/// Shows that no value can meet two branches of a oneOf: by type, by listed values, by a property that both require with
/// different values, or by a required property that the other branch forbids.
/// </summary>
internal sealed class ExclusiveBranches(JsonElement root)
{
    private const int MaxHops = 16;

    /// <summary>Null when the branches exclude each other, otherwise what is in doubt.</summary>
    public string? WhyNot(IReadOnlyList<SchemaPlace> branches, JsonTypes types)
    {
        for (var i = 0; i < branches.Count; i++)
        {
            for (var j = i + 1; j < branches.Count; j++)
            {
                if (!AreExclusive(Follow(branches[i].Element), Follow(branches[j].Element), types))
                {
                    return $"a value could meet its branches {i} and {j} together";
                }
            }
        }

        return null;
    }

    private bool AreExclusive(JsonElement first, JsonElement second, JsonTypes types)
    {
        if (first.ValueKind == JsonValueKind.False || second.ValueKind == JsonValueKind.False)
        {
            return true;
        }

        if (first.ValueKind != JsonValueKind.Object || second.ValueKind != JsonValueKind.Object)
        {
            return false;
        }

        var common = TypesOf(first) & TypesOf(second) & types;
        if (common == JsonTypes.None)
        {
            return true;
        }

        if (ListedValues(first) is { } firstValues && ListedValues(second) is { } secondValues)
        {
            return !firstValues.Exists(value => secondValues.Exists(other => JsonElement.DeepEquals(value, other)));
        }

        return common == JsonTypes.Object && (DifferInProperty(first, second) || Forbids(first, second) || Forbids(second, first));
    }

    private bool DifferInProperty(JsonElement first, JsonElement second)
    {
        foreach (var key in Required(first))
        {
            if (Required(second).Contains(key, StringComparer.Ordinal)
                && Property(first, key) is { } one && Property(second, key) is { } other
                && AreExclusive(Follow(one), Follow(other), JsonTypes.Any))
            {
                return true;
            }
        }

        return false;
    }

    // The first requires a key that the second has no place for.
    private static bool Forbids(JsonElement first, JsonElement second)
    {
        if (!second.TryGetProperty("additionalProperties", out var others) || others.ValueKind != JsonValueKind.False
            || second.TryGetProperty("patternProperties", out _))
        {
            return false;
        }

        foreach (var key in Required(first))
        {
            if (Property(second, key) is null)
            {
                return true;
            }
        }

        return false;
    }

    private static IEnumerable<string> Required(JsonElement schema)
    {
        if (!schema.TryGetProperty("required", out var keys) || keys.ValueKind != JsonValueKind.Array)
        {
            yield break;
        }

        foreach (var key in keys.EnumerateArray())
        {
            if (key.ValueKind == JsonValueKind.String)
            {
                yield return key.GetString()!;
            }
        }
    }

    private static JsonElement? Property(JsonElement schema, string key) =>
        schema.TryGetProperty("properties", out var properties) && properties.ValueKind == JsonValueKind.Object
        && properties.TryGetProperty(key, out var property)
            ? property
            : null;

    private static List<JsonElement>? ListedValues(JsonElement schema) =>
        schema.TryGetProperty("const", out var constant) ? [constant]
        : schema.TryGetProperty("enum", out var values) && values.ValueKind == JsonValueKind.Array ? [.. values.EnumerateArray()]
        : null;

    private static JsonTypes TypesOf(JsonElement schema)
    {
        if (!schema.TryGetProperty("type", out var type))
        {
            return JsonTypes.Any;
        }

        var types = JsonTypes.None;
        IEnumerable<JsonElement> names = type.ValueKind == JsonValueKind.Array ? type.EnumerateArray() : [type];
        foreach (var name in names)
        {
            types |= name.ValueKind != JsonValueKind.String ? JsonTypes.Any : name.GetString() switch
            {
                "null" => JsonTypes.Null,
                "boolean" => JsonTypes.Boolean,
                "integer" => JsonTypes.Integer,
                "number" => JsonTypes.Number,
                "string" => JsonTypes.String,
                "array" => JsonTypes.Array,
                "object" => JsonTypes.Object,
                _ => JsonTypes.Any,
            };
        }

        return schema.TryGetProperty("nullable", out var nullable) && nullable.ValueKind == JsonValueKind.True
            ? types | JsonTypes.Null
            : types;
    }

    private JsonElement Follow(JsonElement schema)
    {
        for (var hop = 0; hop < MaxHops; hop++)
        {
            if (schema.ValueKind != JsonValueKind.Object || !schema.TryGetProperty("$ref", out var reference)
                || reference.ValueKind != JsonValueKind.String || SchemaPlace.Resolve(root, reference.GetString()!) is not { } target)
            {
                break;
            }

            schema = target.Element;
        }

        return schema;
    }
}
