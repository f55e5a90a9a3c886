using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Gemma4.Tests.Sampling.Constraints;

/// <summary>Schemas and values for them, at random but the same for the same seed.</summary>
internal sealed class RandomSchema(int seed)
{
    private static readonly string[] Names = ["a", "ab", "name", "größe", "x-1", "x-2", "q\"uote", "", "n o", "数"];
    private static readonly string[] Words = ["", "a", "abc", "foo bar", "line\nend", "q\"\\", "é", "数字", "😀", "\u0001", "zzz/y"];

    private static readonly (string Pattern, string[] Examples)[] Patterns =
    [
        ("^[a-c]+$", ["a", "abc", "cccc"]), ("[0-9]", ["1", "x9y", "007"]), ("^(foo|bar)", ["foo", "bar!", "foobar"]),
        ("^[A-Z]{2,3}-[0-9]+$", ["AB-1", "XYZ-99"]), ("é$", ["é", "aé"]), ("^[a-z.]{2}$", ["ab", ".z"]),
    ];

    private readonly Random _random = new(seed);
    private readonly JsonObject _definitions = [];

    public Random Random => _random;

    public JsonObject Create()
    {
        for (var i = 0; i < 2; i++)
        {
            _definitions[$"d{i}"] = Node(2);
        }

        var schema = Node(3) as JsonObject ?? [];
        schema["$defs"] = _definitions.DeepClone();
        return schema;
    }

    /// <summary>A value that is likely, not sure, to be valid.</summary>
    public JsonNode? Value(JsonNode? schema, int depth = 0)
    {
        if (schema is not JsonObject rules)
        {
            return depth > 3 ? null : Pick<Func<JsonNode?>>([() => 1, () => "x", () => null, () => true, () => new JsonArray(1, "2")])();
        }

        if (rules["$ref"] is { } reference)
        {
            return depth > 6 ? null : Value(_definitions[reference.GetValue<string>()["#/$defs/".Length..]], depth + 1);
        }

        if (rules["const"] is { } constant)
        {
            return constant.DeepClone();
        }

        if (rules["enum"] is JsonArray list)
        {
            return list[_random.Next(list.Count)]?.DeepClone();
        }

        if (rules["anyOf"] is JsonArray any)
        {
            return Value(any[_random.Next(any.Count)], depth + 1);
        }

        if (rules["allOf"] is JsonArray all)
        {
            return Value(all[_random.Next(all.Count)], depth + 1);
        }

        var type = rules["type"] is JsonArray types ? types[_random.Next(types.Count)]!.GetValue<string>() : rules["type"]?.GetValue<string>();
        return type switch
        {
            "null" => null,
            "boolean" => _random.Next(2) == 0,
            "integer" or "number" => Number(rules, type),
            "string" => Text(rules),
            "array" => Array(rules, depth),
            "object" => Object(rules, depth),
            _ => Value(JsonValue.Create(true), depth + 1),
        };
    }

    /// <summary>A value as text, with white space, escapes and order of keys at random.</summary>
    public string Write(JsonNode? value)
    {
        var text = new StringBuilder();
        Write(text, value);
        return text.ToString();
    }

    private JsonNode Node(int depth)
    {
        if (_random.Next(12) == 0)
        {
            return JsonValue.Create(true);
        }

        var schema = new JsonObject();
        switch (_random.Next(depth > 0 ? 12 : 6))
        {
            case 0:
                schema["type"] = "integer";
                Bounds(schema, fraction: false);
                break;
            case 1:
                schema["type"] = "number";
                Bounds(schema, fraction: true);
                break;
            case 2:
                schema["type"] = "string";
                Strings(schema);
                break;
            case 3:
                schema["type"] = Pick<JsonNode>(["boolean", "null", new JsonArray("string", "null"), new JsonArray("integer", "boolean")]);
                break;
            case 4:
                schema["enum"] = new JsonArray(Pick(Words), _random.Next(100), null, new JsonObject { [Pick(Names)] = Pick(Words) }, Pick(Words));
                break;
            case 5:
                schema["const"] = Pick<JsonNode>([Pick(Words), 12, 2.5, new JsonArray(1, true)]);
                break;
            case 6 or 7:
                Arrays(schema, depth);
                break;
            case 8:
                schema["anyOf"] = new JsonArray(Node(depth - 1), Node(depth - 1), Node(depth - 1));
                break;
            case 9 when _definitions.Count > 0:
                schema["$ref"] = $"#/$defs/d{_random.Next(_definitions.Count)}";
                break;
            case 10:
                schema["allOf"] = new JsonArray(Object(depth), Object(depth - 1));
                break;
            default:
                return Object(depth);
        }

        return schema;
    }

    private JsonObject Object(int depth)
    {
        var schema = new JsonObject { ["type"] = "object" };
        var properties = new JsonObject();
        var required = new JsonArray();
        for (var i = _random.Next(5); i > 0; i--)
        {
            var name = Pick(Names);
            if (!properties.ContainsKey(name))
            {
                properties[name] = Node(depth - 1);
                if (_random.Next(2) == 0)
                {
                    required.Add(name);
                }
            }
        }

        schema["properties"] = properties;
        schema["required"] = required;
        switch (_random.Next(4))
        {
            case 0:
                schema["additionalProperties"] = false;
                break;
            case 1:
                schema["additionalProperties"] = Node(0);
                break;
            case 2:
                schema["patternProperties"] = new JsonObject { [Pick(["^x-", "a", "^n o$"])] = Node(0) };
                break;
        }

        if (_random.Next(4) == 0)
        {
            schema["minProperties"] = _random.Next(3);
            schema["maxProperties"] = 3 + _random.Next(3);
        }

        return schema;
    }

    private void Arrays(JsonObject schema, int depth)
    {
        schema["type"] = "array";
        schema["items"] = Node(depth - 1);
        if (_random.Next(3) == 0)
        {
            schema["prefixItems"] = new JsonArray(Node(depth - 1), Node(0));
        }

        if (_random.Next(2) == 0)
        {
            schema["minItems"] = _random.Next(3);
            schema["maxItems"] = 2 + _random.Next(3);
        }
    }

    private void Bounds(JsonObject schema, bool fraction)
    {
        decimal low = _random.Next(-300, 300);
        low = fraction ? low / 8 : low;
        if (_random.Next(2) == 0)
        {
            schema[Pick(["minimum", "exclusiveMinimum"])] = low;
        }

        if (_random.Next(2) == 0)
        {
            schema[Pick(["maximum", "exclusiveMaximum"])] = low + 2 + _random.Next(1000);
        }

        if (_random.Next(5) == 0)
        {
            schema["multipleOf"] = fraction ? 0.5m : 3;
        }
    }

    private void Strings(JsonObject schema)
    {
        switch (_random.Next(3))
        {
            case 0:
                schema["pattern"] = Pick(Patterns).Pattern;
                break;
            case 1:
                schema["minLength"] = _random.Next(3);
                schema["maxLength"] = 2 + _random.Next(6);
                break;
        }
    }

    private JsonValue Number(JsonObject rules, string type)
    {
        var low = (decimal?)(rules["minimum"] ?? rules["exclusiveMinimum"]) ?? (decimal?)(rules["maximum"] ?? rules["exclusiveMaximum"]) - 50 ?? -20;
        var number = Math.Ceiling(low) + _random.Next(40);
        return JsonValue.Create(type == "number" && _random.Next(2) == 0 ? number + (_random.Next(8) / 8m) : number);
    }

    private JsonValue Text(JsonObject rules) => JsonValue.Create(
        rules["pattern"] is { } pattern ? Pick(Array1(pattern.GetValue<string>())) : string.Concat(Enumerable.Range(0, _random.Next(4)).Select(_ => Pick(Words))));

    private static string[] Array1(string pattern) => Patterns.First(entry => entry.Pattern == pattern).Examples;

    private JsonArray Array(JsonObject rules, int depth)
    {
        var items = new JsonArray();
        var leading = rules["prefixItems"] as JsonArray;
        var count = depth > 4 ? 0 : _random.Next(4);
        for (var i = 0; i < count; i++)
        {
            items.Add(Value(i < leading?.Count ? leading[i] : rules["items"], depth + 1));
        }

        return items;
    }

    private JsonObject Object(JsonObject rules, int depth)
    {
        var members = new JsonObject();
        foreach (var (name, schema) in rules["properties"]!.AsObject())
        {
            if (((JsonArray)rules["required"]!).Any(key => key!.GetValue<string>() == name) || _random.Next(2) == 0)
            {
                members[name] = Value(schema, depth + 1);
            }
        }

        if (_random.Next(3) == 0)
        {
            var name = Pick(Names);
            if (!members.ContainsKey(name))
            {
                members[name] = Value(rules["additionalProperties"] ?? rules["patternProperties"]?.AsObject().First().Value, depth + 1);
            }
        }

        return members;
    }

    private void Write(StringBuilder text, JsonNode? value)
    {
        Space(text);
        switch (value)
        {
            case JsonObject members:
                text.Append('{');
                Space(text);
                var isFirst = true;
                foreach (var (name, member) in members.OrderBy(_ => _random.Next()).ToList())
                {
                    text.Append(isFirst ? "" : ",");
                    isFirst = false;
                    Space(text);
                    Quote(text, name);
                    Space(text);
                    text.Append(':');
                    Write(text, member);
                }

                text.Append('}');
                break;
            case JsonArray items:
                text.Append('[');
                for (var i = 0; i < items.Count; i++)
                {
                    text.Append(i == 0 ? "" : ",");
                    Write(text, items[i]);
                }

                Space(text);
                text.Append(']');
                break;
            case JsonValue scalar when scalar.GetValueKind() == System.Text.Json.JsonValueKind.String:
                Quote(text, scalar.GetValue<string>());
                break;
            default:
                text.Append(value?.ToJsonString() ?? "null");
                break;
        }

        Space(text);
    }

    private void Quote(StringBuilder text, string value)
    {
        text.Append('"');
        foreach (var unit in value)
        {
            var isPlain = unit >= ' ' && unit != '"' && unit != '\\';
            if (isPlain && (char.IsSurrogate(unit) || _random.Next(6) > 0))
            {
                text.Append(unit);
            }
            else if (unit is '"' or '\\' or '/' && _random.Next(2) == 0)
            {
                text.Append('\\').Append(unit);
            }
            else
            {
                text.Append("\\u").Append(((int)unit).ToString(_random.Next(2) == 0 ? "x4" : "X4", CultureInfo.InvariantCulture));
            }
        }

        text.Append('"');
    }

    private void Space(StringBuilder text)
    {
        for (var i = _random.Next(8) - 5; i > 0; i--)
        {
            text.Append(Pick([' ', '\n', '\t', '\r']));
        }
    }

    private T Pick<T>(T[] items) => items[_random.Next(items.Length)];
}
