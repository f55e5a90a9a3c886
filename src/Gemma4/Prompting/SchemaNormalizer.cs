using System.Text.Json;

namespace Gemma4.Prompting;

/// <summary>
/// Default mode: rewrites a tool's schemas into what the declaration format can say, so that the template's traps are
/// never reached. Types come out in upper case, unions as one type plus <c>nullable</c>, values that are not strings in
/// the description; every object has properties and every schema a type.
/// </summary>
internal sealed class SchemaNormalizer
{
    // Deeper levels, and the tail of schemas that references blow up, show their type only.
    private const int MaxDepth = 12;
    private const int MaxSchemas = 2000;

    // Kept out of array items, where the template prints every keyword it does not know.
    private static readonly HashSet<string> Consumed =
    [
        "$ref", "$defs", "$schema", "$id", "$anchor", "$comment", "definitions", "anyOf", "oneOf", "allOf", "not", "if",
        "then", "else", "additionalProperties", "patternProperties", "propertyNames", "unevaluatedProperties",
        "unevaluatedItems", "additionalItems", "dependentSchemas", "dependentRequired", "prefixItems", "contains",
        "description", "items",
    ];

    private readonly SchemaFlattener _flattener;
    private int _schemas;

    private SchemaNormalizer(JsonElement root) => _flattener = new SchemaFlattener(root);

    private enum Place
    {
        Root,
        Property,
        Items,
    }

    public static PromptTool Normalize(PromptTool tool) => tool with
    {
        Parameters = Parameters(tool.Parameters),
        Response = Response(tool.Response),
    };

    /// <summary>Absent, empty and boolean parameters mean none; everything else is an object, typed or not.</summary>
    private static JsonElement? Parameters(JsonElement? parameters)
    {
        if (parameters is not { ValueKind: JsonValueKind.Object } schema || !PythonText.IsTruthy(schema))
        {
            return null;
        }

        var normalizer = new SchemaNormalizer(schema);
        return JsonValues.Build(writer =>
            normalizer.Write(writer, schema, 0, Place.Root, new HashSet<string>(StringComparer.Ordinal) { "#" }));
    }

    /// <summary>The format can only say that a result is an object; any other kind is left out.</summary>
    private static JsonElement? Response(JsonElement? response)
    {
        if (response is not { ValueKind: JsonValueKind.Object } schema)
        {
            return null;
        }

        var flat = new SchemaFlattener(schema).Flatten(schema, new HashSet<string>());
        if (flat.InferType() != "OBJECT")
        {
            return null;
        }

        return JsonValues.Build(writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("description", flat.Description);
            writer.WriteString("type", "OBJECT");
            writer.WriteEndObject();
        });
    }

    private void Write(Utf8JsonWriter writer, JsonElement schema, int depth, Place place, IReadOnlySet<string> ancestors)
    {
        var flat = _flattener.Flatten(schema, ancestors);
        var type = Type(flat, place);
        var typeOnly = flat.IsRecursive || depth >= MaxDepth || ++_schemas > MaxSchemas;

        writer.WriteStartObject();
        WriteValues(writer, flat, type, place);
        WriteDescription(writer, flat);
        if (flat.IsNullable && place != Place.Root)
        {
            writer.WriteBoolean("nullable", true);
        }

        if (type == "OBJECT")
        {
            WriteProperties(writer, flat, depth, place, typeOnly);
        }

        if (type == "ARRAY" && !typeOnly && ItemSchema(flat) is { } items)
        {
            writer.WritePropertyName("items");
            Write(writer, items, depth + 1, Place.Items, flat.References);
        }

        if (place == Place.Items)
        {
            WriteOtherKeywords(writer, flat);
        }

        writer.WriteString("type", type);
        writer.WriteEndObject();
    }

    private static string Type(FlatSchema flat, Place place)
    {
        if (place == Place.Root)
        {
            return "OBJECT";
        }

        if (flat.Types.Count > 1)
        {
            var names = string.Join(" or ", flat.Types.Select(name => name.ToLowerInvariant()));
            flat.Notes.Add($"Accepts {names}.");
        }

        if (flat.InferType() is { } type)
        {
            return type;
        }

        if (!flat.IsRecursive && !flat.IsNullable)
        {
            flat.Notes.Add("Any JSON value.");
        }

        return flat.IsRecursive ? "OBJECT" : "STRING";
    }

    /// <summary>
    /// The template prints enumerations of strings only (in array items of any type). Other values go into the
    /// description, except where they are both booleans and so say nothing.
    /// </summary>
    private static void WriteValues(Utf8JsonWriter writer, FlatSchema flat, string type, Place place)
    {
        if (flat.Values is not { Count: > 0 } values)
        {
            return;
        }

        var strings = values.TrueForAll(value => value.ValueKind == JsonValueKind.String);
        if ((type == "STRING" && strings) || (place == Place.Items && type != "STRING"))
        {
            writer.WriteStartArray("enum");
            values.ForEach(value => value.WriteTo(writer));
            writer.WriteEndArray();
            return;
        }

        if (type == "BOOLEAN" && values.Count > 1)
        {
            return;
        }

        var spelled = values.Select(value =>
            value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText());
        flat.Notes.Insert(0, values.Count == 1
            ? $"Always {spelled.First()}."
            : $"Allowed values: {string.Join(", ", spelled)}.");
    }

    private static void WriteDescription(Utf8JsonWriter writer, FlatSchema flat)
    {
        var description = flat.Description;
        if (flat.Notes.Count > 0 && description.Length > 0 && char.IsLetterOrDigit(description[^1]))
        {
            description += ".";
        }

        var text = string.Join(' ', flat.Notes.Prepend(description).Where(part => part.Length > 0));
        if (text.Length > 0)
        {
            writer.WriteString("description", text);
        }
    }

    /// <summary>
    /// Properties are written even when there are none: without them the template takes keywords such as
    /// additionalProperties for properties. A property that no value fits (schema false) is left out.
    /// </summary>
    private void WriteProperties(Utf8JsonWriter writer, FlatSchema flat, int depth, Place place, bool typeOnly)
    {
        var dropped = new HashSet<string>(StringComparer.Ordinal);
        if (flat.Properties.Count > 0 || place == Place.Property)
        {
            writer.WriteStartObject("properties");
            foreach (var (name, schema) in flat.Properties)
            {
                if (typeOnly || schema.ValueKind == JsonValueKind.False)
                {
                    dropped.Add(name);
                    continue;
                }

                writer.WritePropertyName(name);
                Write(writer, schema, depth + 1, Place.Property, flat.References);
            }

            writer.WriteEndObject();
        }

        var required = flat.Required.Where(name => !dropped.Contains(name)).ToArray();
        if (required.Length == 0 || typeOnly)
        {
            return;
        }

        writer.WriteStartArray("required");
        foreach (var name in required)
        {
            writer.WriteStringValue(name);
        }

        writer.WriteEndArray();
    }

    /// <summary>One schema for all items; a tuple is shown only where it has one entry.</summary>
    private static JsonElement? ItemSchema(FlatSchema flat)
    {
        if (flat.Keywords.TryGetValue("items", out var items) && items.ValueKind == JsonValueKind.Object)
        {
            return PythonText.IsTruthy(items) ? items : null;
        }

        var tuple = items.ValueKind == JsonValueKind.Array ? items : flat.Keywords.GetValueOrDefault("prefixItems");
        return tuple.ValueKind == JsonValueKind.Array && tuple.GetArrayLength() == 1 ? tuple[0] : null;
    }

    private static void WriteOtherKeywords(Utf8JsonWriter writer, FlatSchema flat)
    {
        foreach (var (name, value) in flat.Keywords)
        {
            if (!Consumed.Contains(name))
            {
                writer.WritePropertyName(name);
                value.WriteTo(writer);
            }
        }
    }
}
