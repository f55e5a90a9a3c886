using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Gemma4.Agents.Repair;

/// <summary>Checks a value against a schema and mends what has one reading only.</summary>
internal sealed class ValueRepair(RepairLog log, int depth = 0)
{
    private const int MaxDepth = 64;

    public JsonNode? Mend(JsonNode? value, Schema schema, string path)
    {
        if (depth > MaxDepth)
        {
            log.Faulty(path, "nested too deep.");
            return value;
        }

        if (schema.Enumeration is { } allowed)
        {
            return Enumerated(value, allowed, path);
        }

        if (schema.Branches is { Count: > 0 } branches)
        {
            return OneOf(value, branches, path, schema);
        }

        IReadOnlyList<string> types = schema.Types;
        if (types.Count == 0)
        {
            return value;
        }

        if (types.Count > 1)
        {
            return OneOf(value, [.. types.Select(type => Single(schema, type))], path, schema);
        }

        if (value is null)
        {
            return types[0] == "null" ? null : Fault(value, path, $"is null; expected {types[0]}.");
        }

        return types[0] switch
        {
            "object" => Object(value, schema, path),
            "array" => Array(value, schema, path),
            "string" or "number" or "integer" or "boolean" => Scalar(value, types[0], schema, path),
            "null" => Fault(value, path, "must be null."),
            _ => value, // A type that JSON schema does not know is no ground to refuse.
        };
    }

    private JsonNode? Enumerated(JsonNode? value, IReadOnlyList<JsonElement> allowed, string path)
    {
        JsonNode? given = value;
        if (value is JsonArray { Count: 1 } list)
        {
            value = list[0]?.DeepClone(); // A list of one where a single value is wanted.
        }

        if (ScalarRepair.Allowed(value, allowed) is not { } meant)
        {
            return Fault(value, path, $"{Show(value)} is not allowed; use one of: {string.Join(", ", allowed.Select(entry => entry.GetRawText()))}.");
        }

        return ScalarRepair.Same(meant, given) ? given : Changed(JsonNode.Parse(meant.GetRawText()), given, path);
    }

    private JsonNode? OneOf(JsonNode? value, IReadOnlyList<Schema> branches, string path, Schema schema)
    {
        Dictionary<string, (JsonNode? Value, RepairLog Log)> readings = new(StringComparer.Ordinal);
        foreach (Schema branch in branches)
        {
            RepairLog attempt = new();
            JsonNode? mended = new ValueRepair(attempt, depth + 1).Mend(value?.DeepClone(), branch, path);
            if (attempt.Faults.Count > 0)
            {
                continue;
            }

            if (attempt.Repairs.Count == 0)
            {
                return mended; // Fits as it is.
            }

            readings.TryAdd(mended?.ToJsonString() ?? "null", (mended, attempt));
        }

        if (readings.Count != 1)
        {
            string expected = string.Join(" or ", branches.SelectMany(branch => branch.Types).Distinct());
            return Fault(value, path, $"{Show(value)} does not fit; expected {(expected.Length > 0 ? expected : "another value")}{About(schema)}.");
        }

        (JsonNode? only, RepairLog changes) = readings.Values.First();
        log.Repairs.AddRange(changes.Repairs);
        return only;
    }

    private JsonNode? Scalar(JsonNode value, string type, Schema schema, string path)
    {
        JsonNode source = value is JsonArray { Count: 1 } list && list[0] is JsonValue inner ? inner.DeepClone() : value;
        JsonNode? read = ScalarRepair.As(type, source);
        if (read is null)
        {
            return Fault(value, path, $"{Show(value)} is no {type}{About(schema)}.");
        }

        return OutOfRange(read, schema) is { } problem ? Fault(value, path, problem)
            : ReferenceEquals(read, value) ? value
            : Changed(read, value, path);
    }

    private static string? OutOfRange(JsonNode value, Schema schema)
    {
        if (value.GetValueKind() == JsonValueKind.String)
        {
            int length = value.GetValue<string>().EnumerateRunes().Count();
            return length < schema.Number("minLength") ? Invariant($"must have at least {schema.Number("minLength")} characters.")
                : length > schema.Number("maxLength") ? Invariant($"must have at most {schema.Number("maxLength")} characters.")
                : null;
        }

        if (value.GetValueKind() != JsonValueKind.Number)
        {
            return null;
        }

        double number = double.Parse(value.ToJsonString(), CultureInfo.InvariantCulture);
        return number < schema.Number("minimum") || number <= schema.Number("exclusiveMinimum")
            ? Invariant($"{number} is too small; the least is {schema.Number("minimum") ?? schema.Number("exclusiveMinimum")}.")
            : number > schema.Number("maximum") || number >= schema.Number("exclusiveMaximum")
            ? Invariant($"{number} is too large; the most is {schema.Number("maximum") ?? schema.Number("exclusiveMaximum")}.")
            : null;
    }

    private JsonNode? Array(JsonNode value, Schema schema, string path)
    {
        if (value is not JsonArray)
        {
            if (Unpack(value, schema, path) is { } unpacked)
            {
                return unpacked;
            }

            // One value where a list is wanted; text with separators may be one item or several.
            bool isSingle = value.GetValueKind() != JsonValueKind.String || value.GetValue<string>().AsSpan().IndexOfAny(",;\n") < 0;
            value = isSingle && value is not JsonObject
                ? Changed(new JsonArray(value.DeepClone()), value, path)!
                : Fault(value, path, $"{Show(value)} is no array; write a list such as [\"a\", \"b\"].")!;
        }

        if (value is not JsonArray items)
        {
            return value;
        }

        if (items.Count < schema.Number("minItems") || items.Count > schema.Number("maxItems"))
        {
            log.Faulty(path, Invariant($"has {items.Count} items; allowed are {schema.Number("minItems") ?? 0} to {schema.Number("maxItems")?.ToString(CultureInfo.InvariantCulture) ?? "any number"}."));
        }

        if (schema.Get("items") is not { ValueKind: JsonValueKind.Object } itemSchema)
        {
            return items;
        }

        JsonArray result = [];
        for (int i = 0; i < items.Count; i++)
        {
            result.Add(new ValueRepair(log, depth + 1).Mend(items[i]?.DeepClone(), schema.With(itemSchema), Invariant($"{path}[{i}]")));
        }

        return result;
    }

    private JsonNode? Object(JsonNode value, Schema schema, string path)
    {
        if (value is not JsonObject members)
        {
            return Unpack(value, schema, path) ?? Fault(value, path, $"{Show(value)} is no object{About(schema)}.");
        }

        IReadOnlyDictionary<string, JsonElement> properties = schema.Properties;
        JsonObject result = [];
        foreach ((string name, JsonNode? member) in Named(members, schema, path))
        {
            if (!properties.TryGetValue(name, out JsonElement node))
            {
                result[name] = member?.DeepClone();
                continue;
            }

            Schema property = schema.With(node);
            if (member is null && !schema.Required.Contains(name) && !property.Types.Contains("null") && property.Types.Count > 0)
            {
                log.Repaired(Join(path, name), "null left out");
                continue;
            }

            result[name] = new ValueRepair(log, depth + 1).Mend(member?.DeepClone(), property, Join(path, name));
        }

        foreach (string name in schema.Required.Where(name => !result.ContainsKey(name)))
        {
            Schema? property = properties.TryGetValue(name, out JsonElement node) ? schema.With(node) : null;
            if (property?.Get("default") is { } standard)
            {
                result[name] = JsonNode.Parse(standard.GetRawText());
                log.Repaired(Join(path, name), $"missing, default {standard.GetRawText()} used");
            }
            else
            {
                log.Faulty(Join(path, name), $"is required and missing{(property is { } known ? About(known) : "")}.");
            }
        }

        return result;
    }

    /// <summary>The members under their declared names; what has no name that it can mean is a fault.</summary>
    private List<KeyValuePair<string, JsonNode?>> Named(JsonObject members, Schema schema, string path)
    {
        IReadOnlyDictionary<string, JsonElement> properties = schema.Properties;
        List<KeyValuePair<string, JsonNode?>> named = [];
        string[] free = [.. properties.Keys.Where(name => !members.ContainsKey(name))];
        HashSet<string> taken = new(StringComparer.Ordinal);
        foreach ((string given, JsonNode? member) in members)
        {
            if (properties.ContainsKey(given))
            {
                named.Add(new(given, member));
            }
            else if (NearName.Resolve(given, free) is { } name && taken.Add(name))
            {
                log.Repaired(Join(path, name), $"named '{given}'");
                named.Add(new(name, member));
            }
            else if (schema.IsOpen)
            {
                named.Add(new(given, member));
            }
            else
            {
                IReadOnlyList<string> near = NearName.Nearest(given, free, 1);
                string hint = near.Count > 0 ? $" Did you mean '{near[0]}'?" : "";
                log.Faulty(Join(path, given), $"there is no such parameter.{hint} The parameters are: {string.Join(", ", properties.Keys)}.");
            }
        }

        return named;
    }

    // A list or an object written as text.
    private JsonNode? Unpack(JsonNode value, Schema schema, string path)
    {
        if (value.GetValueKind() != JsonValueKind.String)
        {
            return null;
        }

        Dictionary<string, (JsonNode Value, RepairLog Log)> fitting = new(StringComparer.Ordinal);
        foreach (JsonNode reading in LenientJson.Read(value.GetValue<string>()))
        {
            RepairLog attempt = new();
            if (reading.GetValueKind() != JsonValueKind.String
                && new ValueRepair(attempt, depth + 1).Mend(reading, schema, path) is { } mended
                && attempt.Faults.Count == 0)
            {
                fitting.TryAdd(mended.ToJsonString(), (mended, attempt));
            }
        }

        if (fitting.Count != 1)
        {
            return null;
        }

        (JsonNode only, RepairLog changes) = fitting.Values.First();
        log.Repaired(path, "text read as JSON");
        log.Repairs.AddRange(changes.Repairs);
        return only;
    }

    private JsonNode? Changed(JsonNode? mended, JsonNode? value, string path)
    {
        log.Repaired(path, $"{Show(value)} read as {Show(mended)}");
        return mended;
    }

    private JsonNode? Fault(JsonNode? value, string path, string message)
    {
        log.Faulty(path, message);
        return value;
    }

    private static Schema Single(Schema schema, string type)
    {
        JsonObject copy = JsonObject.Create(schema.Node)!;
        copy["type"] = type;
        return new Schema(JsonElement.Parse(copy.ToJsonString()), schema.Root);
    }

    private static string About(Schema schema) =>
        schema.Get("description") is { ValueKind: JsonValueKind.String } text
            ? $" ({string.Join(" or ", schema.Types)}: {Shorten(text.GetString()!)})"
            : schema.Types.Count > 0 ? $" ({string.Join(" or ", schema.Types)})" : "";

    private static string Show(JsonNode? value) => Shorten(value?.ToJsonString() ?? "null");

    // An error is read by a small model with a small window.
    private static string Shorten(string text) => text.Length <= 80 ? text : string.Concat(text.AsSpan(0, 77), "...");

    private static string Join(string path, string name) => path.Length == 0 ? name : $"{path}.{name}";

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
