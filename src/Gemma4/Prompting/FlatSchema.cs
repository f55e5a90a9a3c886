using System.Text.Json;

namespace Gemma4.Prompting;

/// <summary>
/// One schema with its references and combinations folded in. Whatever is read first wins, so a schema's own keywords
/// stand above those of what it refers to.
/// </summary>
internal sealed class FlatSchema
{
    public Dictionary<string, JsonElement> Keywords { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, JsonElement> Properties { get; } = new(StringComparer.Ordinal);

    public List<string> Required { get; } = [];

    /// <summary>The types in upper case, without null.</summary>
    public List<string> Types { get; } = [];

    /// <summary>The allowed values without null; null where any value is allowed.</summary>
    public List<JsonElement>? Values { get; set; }

    public bool IsNullable { get; set; }

    /// <summary>Sentences for the description: what the declaration format has no keyword for.</summary>
    public List<string> Notes { get; } = [];

    /// <summary>The references followed on the way to this schema and in it.</summary>
    public HashSet<string> References { get; } = new(StringComparer.Ordinal);

    /// <summary>True where a reference led back to a schema that is being written: only the type is shown.</summary>
    public bool IsRecursive { get; set; }

    public string Description =>
        Keywords.TryGetValue("description", out var text) && text.ValueKind == JsonValueKind.String
            ? text.GetString()!
            : string.Empty;

    /// <summary>The first type, or what the other keywords tell; null where nothing tells.</summary>
    public string? InferType()
    {
        if (Types.Count > 0)
        {
            return Types[0];
        }

        if (Properties.Count > 0 || HasAny("additionalProperties", "patternProperties", "propertyNames"))
        {
            return "OBJECT";
        }

        if (HasAny("items", "prefixItems", "minItems", "maxItems", "uniqueItems"))
        {
            return "ARRAY";
        }

        if (Values is { Count: > 0 })
        {
            return TypeOf(Values);
        }

        if (HasAny("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"))
        {
            return "NUMBER";
        }

        return HasAny("pattern", "minLength", "maxLength", "format", "contentEncoding") ? "STRING" : null;
    }

    private static string TypeOf(List<JsonElement> values)
    {
        if (values.TrueForAll(value => value.ValueKind is JsonValueKind.True or JsonValueKind.False))
        {
            return "BOOLEAN";
        }

        if (!values.TrueForAll(value => value.ValueKind == JsonValueKind.Number))
        {
            return "STRING";
        }

        return values.TrueForAll(value => value.TryGetInt64(out _)) ? "INTEGER" : "NUMBER";
    }

    private bool HasAny(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (Keywords.ContainsKey(name))
            {
                return true;
            }
        }

        return false;
    }
}
