using System.Numerics;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Gemma4.Tests.Sampling.Constraints;

/// <summary>
/// JSON Schema by the book, value by value; the judge of what the constraint lets through. Integers are those written
/// without point and exponent, as the constraint documents.
/// </summary>
internal sealed class PlainValidator(JsonElement root)
{
    private static readonly JsonDocumentOptions NoDuplicates = new() { AllowDuplicateProperties = false };

    public static bool IsValid(string schema, string text)
    {
        try
        {
            using var rules = JsonDocument.Parse(schema);
            using var value = JsonDocument.Parse(text, NoDuplicates);
            return new PlainValidator(rules.RootElement).IsValid(rules.RootElement, value.RootElement);
        }
        catch (Exception problem) when (problem is JsonException or InvalidOperationException)
        {
            // Not JSON, or a string with half a surrogate pair.
            return false;
        }
    }

    public bool IsValid(JsonElement schema, JsonElement value)
    {
        if (schema.ValueKind is JsonValueKind.True or JsonValueKind.False)
        {
            return schema.ValueKind == JsonValueKind.True && IsReadable(value);
        }

        return IsReadable(value) && IsGeneral(schema, value) && value.ValueKind switch
        {
            JsonValueKind.Number => IsNumber(schema, value),
            JsonValueKind.String => IsString(schema, value.GetString()!),
            JsonValueKind.Array => IsArray(schema, value),
            JsonValueKind.Object => IsObject(schema, value),
            _ => true,
        };
    }

    private bool IsGeneral(JsonElement schema, JsonElement value)
    {
        if (schema.TryGetProperty("$ref", out var reference)
            && !IsValid(root.GetProperty("$defs").GetProperty(reference.GetString()!["#/$defs/".Length..]), value))
        {
            return false;
        }

        if (schema.TryGetProperty("type", out var type)
            && !(type.ValueKind == JsonValueKind.Array ? type.EnumerateArray().Any(one => HasType(one, value)) : HasType(type, value)))
        {
            return false;
        }

        return (!schema.TryGetProperty("const", out var constant) || JsonElement.DeepEquals(constant, value))
            && (!schema.TryGetProperty("enum", out var list) || list.EnumerateArray().Any(one => JsonElement.DeepEquals(one, value)))
            && (!schema.TryGetProperty("allOf", out var all) || all.EnumerateArray().All(one => IsValid(one, value)))
            && (!schema.TryGetProperty("anyOf", out var any) || any.EnumerateArray().Any(one => IsValid(one, value)));
    }

    private static bool HasType(JsonElement type, JsonElement value) => type.GetString() switch
    {
        "null" => value.ValueKind == JsonValueKind.Null,
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "integer" => value.ValueKind == JsonValueKind.Number && value.GetRawText().AsSpan().IndexOfAny('.', 'e', 'E') < 0,
        "number" => value.ValueKind == JsonValueKind.Number,
        "string" => value.ValueKind == JsonValueKind.String,
        "array" => value.ValueKind == JsonValueKind.Array,
        _ => value.ValueKind == JsonValueKind.Object,
    };

    private static bool IsNumber(JsonElement schema, JsonElement value)
    {
        if (!schema.EnumerateObject().Any(keyword => keyword.Name.Contains("inimum", StringComparison.Ordinal)
            || keyword.Name.Contains("aximum", StringComparison.Ordinal) || keyword.Name == "multipleOf"))
        {
            return true;
        }

        var number = Exact(value);
        return (!schema.TryGetProperty("minimum", out var low) || Compare(number, Exact(low)) >= 0)
            && (!schema.TryGetProperty("exclusiveMinimum", out var above) || Compare(number, Exact(above)) > 0)
            && (!schema.TryGetProperty("maximum", out var high) || Compare(number, Exact(high)) <= 0)
            && (!schema.TryGetProperty("exclusiveMaximum", out var below) || Compare(number, Exact(below)) < 0)
            && (!schema.TryGetProperty("multipleOf", out var step) || IsMultiple(number, Exact(step)));
    }

    private static (BigInteger Digits, int Exponent) Exact(JsonElement value)
    {
        var text = value.GetRawText();
        var mark = text.IndexOfAny(['e', 'E']);
        var exponent = mark < 0 ? 0 : int.Parse(text[(mark + 1)..], System.Globalization.CultureInfo.InvariantCulture);
        var mantissa = mark < 0 ? text : text[..mark];
        var point = mantissa.IndexOf('.', StringComparison.Ordinal);
        return point < 0
            ? (BigInteger.Parse(mantissa, System.Globalization.CultureInfo.InvariantCulture), exponent)
            : (BigInteger.Parse(mantissa.Remove(point, 1), System.Globalization.CultureInfo.InvariantCulture),
                exponent - (mantissa.Length - point - 1));
    }

    private static (BigInteger, BigInteger) Align((BigInteger Digits, int Exponent) a, (BigInteger Digits, int Exponent) b)
    {
        var least = Math.Min(a.Exponent, b.Exponent);
        return (a.Digits * BigInteger.Pow(10, a.Exponent - least), b.Digits * BigInteger.Pow(10, b.Exponent - least));
    }

    private static int Compare((BigInteger, int) a, (BigInteger, int) b)
    {
        var (first, second) = Align(a, b);
        return first.CompareTo(second);
    }

    private static bool IsMultiple((BigInteger, int) a, (BigInteger, int) b)
    {
        var (number, step) = Align(a, b);
        return number % step == 0;
    }

    private static bool IsString(JsonElement schema, string text)
    {
        var length = text.EnumerateRunes().Count();
        return (!schema.TryGetProperty("minLength", out var least) || length >= least.GetInt32())
            && (!schema.TryGetProperty("maxLength", out var most) || length <= most.GetInt32())
            && (!schema.TryGetProperty("pattern", out var pattern)
                || Regex.IsMatch(text, pattern.GetString()!.Replace("$", "\\z", StringComparison.Ordinal), RegexOptions.CultureInvariant));
    }

    private bool IsArray(JsonElement schema, JsonElement value)
    {
        var leading = schema.TryGetProperty("prefixItems", out var prefix) ? prefix.EnumerateArray().ToArray() : [];
        var index = 0;
        foreach (var item in value.EnumerateArray())
        {
            if (index < leading.Length ? !IsValid(leading[index], item)
                : schema.TryGetProperty("items", out var items) && !IsValid(items, item))
            {
                return false;
            }

            index++;
        }

        return (!schema.TryGetProperty("minItems", out var least) || index >= least.GetInt32())
            && (!schema.TryGetProperty("maxItems", out var most) || index <= most.GetInt32());
    }

    private bool IsObject(JsonElement schema, JsonElement value)
    {
        var count = 0;
        foreach (var member in value.EnumerateObject())
        {
            count++;
            var isNamed = false;
            if (schema.TryGetProperty("properties", out var properties) && properties.TryGetProperty(member.Name, out var property))
            {
                isNamed = true;
                if (!IsValid(property, member.Value))
                {
                    return false;
                }
            }

            foreach (var pattern in schema.TryGetProperty("patternProperties", out var patterns) ? patterns.EnumerateObject() : default)
            {
                if (Regex.IsMatch(member.Name, pattern.Name.Replace("$", "\\z", StringComparison.Ordinal)))
                {
                    isNamed = true;
                    if (!IsValid(pattern.Value, member.Value))
                    {
                        return false;
                    }
                }
            }

            if (!isNamed && schema.TryGetProperty("additionalProperties", out var others) && !IsValid(others, member.Value))
            {
                return false;
            }
        }

        return (!schema.TryGetProperty("required", out var required)
                || required.EnumerateArray().All(key => value.TryGetProperty(key.GetString()!, out _)))
            && (!schema.TryGetProperty("minProperties", out var least) || count >= least.GetInt32())
            && (!schema.TryGetProperty("maxProperties", out var most) || count <= most.GetInt32());
    }

    // Reading a string throws where it is no text.
    private static bool IsReadable(JsonElement value) => value.ValueKind != JsonValueKind.String || value.GetString() is not null;
}
