using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gemma4.Agents.Repair;

namespace Gemma4.Agents.Evaluation;

/// <summary>Values and types as the leaderboard's checker, which is written in Python, sees them.</summary>
internal static class PythonValue
{
    /// <summary>The checker's name for the type of a JSON schema; what has no type counts as text there.</summary>
    public static string TypeOf(Schema schema) => schema.Types switch
    {
        ["integer", ..] => "int",
        ["number", ..] => "float",
        ["boolean", ..] => "bool",
        ["array", ..] => "list",
        ["object", ..] => "dict",
        _ => "str",
    };

    public static string TypeOf(JsonNode? value) => value?.GetValueKind() switch
    {
        JsonValueKind.String => "str",
        JsonValueKind.True or JsonValueKind.False => "bool",
        JsonValueKind.Array => "list",
        JsonValueKind.Object => "dict",
        JsonValueKind.Number => value.ToJsonString().AsSpan().ContainsAny('.', 'e', 'E') ? "float" : "int",
        _ => "NoneType",
    };

    public static JsonNode? Of(object? value)
    {
        // Written as JSON, 5.0 would become the integer 5.
        double? number = value switch { double wide => wide, float single => single, decimal exact => (double)exact, _ => null };
        return number is { } real && Math.Truncate(real) == real && Math.Abs(real) < 1e15
            ? JsonNode.Parse(real.ToString("F1", CultureInfo.InvariantCulture))
            : CanonicalCall.ToNode(value);
    }

    public static bool IsEmptyText(JsonElement value) => value.ValueKind == JsonValueKind.String && value.GetString()!.Length == 0;

    public static JsonNode? Node(JsonElement value) => JsonNode.Parse(value.GetRawText());

    public static bool AreEqual(JsonNode? left, JsonNode? right)
    {
        if (left is null || right is null)
        {
            return left is null && right is null;
        }

        if (Number(left) is { } a && Number(right) is { } b)
        {
            return a == b;
        }

        return (left, right) switch
        {
            (JsonArray first, JsonArray second) => first.Count == second.Count && first.Zip(second).All(pair => AreEqual(pair.First, pair.Second)),
            (JsonObject first, JsonObject second) => first.Count == second.Count
                && first.All(member => second.TryGetPropertyValue(member.Key, out JsonNode? other) && AreEqual(member.Value, other)),
            _ => JsonNode.DeepEquals(left, right),
        };
    }

    /// <summary>Text without case, blanks and most punctuation; other values as they are.</summary>
    public static JsonNode? Standardised(JsonNode? value) =>
        value?.GetValueKind() == JsonValueKind.String ? JsonValue.Create(Standardised(value.GetValue<string>())) : value;

    public static string Standardised(string text) =>
        string.Concat(text.Where(letter => " ,./-_*^".IndexOf(letter, StringComparison.Ordinal) < 0)).ToLowerInvariant().Replace('\'', '"');

    // In Python True equals 1.
    private static double? Number(JsonNode value) => value.GetValueKind() switch
    {
        JsonValueKind.True => 1,
        JsonValueKind.False => 0,
        JsonValueKind.Number => double.Parse(value.ToJsonString(), CultureInfo.InvariantCulture),
        _ => null,
    };
}
