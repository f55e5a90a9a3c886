using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Gemma4.Agents.Repair;

/// <summary>Reads a single value as the type that the schema wants, or null when it cannot be that type.</summary>
internal static class ScalarRepair
{
    public static JsonNode? As(string type, JsonNode value) => (type, value.GetValueKind()) switch
    {
        ("string", JsonValueKind.String) or ("number", JsonValueKind.Number) => value,
        ("boolean", JsonValueKind.True or JsonValueKind.False) => value,
        ("integer", JsonValueKind.Number) => Integer(value),
        ("string", JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False) => JsonValue.Create(value.ToJsonString()),
        ("number", JsonValueKind.String) => Number(value.GetValue<string>()),
        ("integer", JsonValueKind.String) => Number(value.GetValue<string>()) is { } number ? Integer(number) : null,
        ("boolean", JsonValueKind.String) => Boolean(value.GetValue<string>()),
        _ => null,
    };

    /// <summary>The one allowed value that is meant; null when none or several could be.</summary>
    public static JsonElement? Allowed(JsonNode? value, IReadOnlyList<JsonElement> allowed)
    {
        JsonElement[] equal = [.. allowed.Where(entry => Same(entry, value))];
        if (equal.Length > 0)
        {
            return equal[0];
        }

        if (value is null)
        {
            return null;
        }

        string text = value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>().Trim() : value.ToJsonString();
        string[] names = [.. allowed.Select(entry => entry.ToString()).Distinct(StringComparer.Ordinal)];
        return NearName.Resolve(text, names) is { } name ? allowed.First(entry => entry.ToString() == name) : null;
    }

    public static bool Same(JsonElement left, JsonNode? right) =>
        JsonNode.DeepEquals(JsonNode.Parse(left.GetRawText()), right);

    private static JsonNode? Integer(JsonNode value)
    {
        string text = value.ToJsonString();
        if (!text.AsSpan().ContainsAny('.', 'e', 'E'))
        {
            return value;
        }

        return decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out decimal number) && decimal.Truncate(number) == number
            ? JsonNode.Parse(decimal.Truncate(number).ToString("0", CultureInfo.InvariantCulture))
            : null;
    }

    // No thousands separators: 1,000 is a thousand to some and one to others. No units: 5 km is not 5 for metres.
    private static JsonNode? Number(string text)
    {
        string trimmed = text.Trim().TrimStart('+');
        return LenientJsonReader.IsNumber(trimmed) ? JsonNode.Parse(trimmed) : null;
    }

    private static JsonValue? Boolean(string text) => text.Trim().ToLowerInvariant() switch
    {
        "true" or "yes" => JsonValue.Create(true),
        "false" or "no" => JsonValue.Create(false),
        _ => null,
    };
}
