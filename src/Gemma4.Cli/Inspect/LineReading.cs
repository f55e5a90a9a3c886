using System.Text.Json;

namespace Gemma4.Cli.Inspect;

/// <summary>Reads members of an input line and says what is wrong with them by name.</summary>
internal static class LineReading
{
    public static string RequiredText(this JsonElement line, string name) =>
        line.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()!
            : throw new FormatException($"\"{name}\" is missing or not a string.");

    public static string? OptionalText(this JsonElement line, string name) => line.Optional(name) is not { } value
        ? null
        : value.ValueKind == JsonValueKind.String ? value.GetString() : throw new FormatException($"\"{name}\" is not a string.");

    public static bool Flag(this JsonElement line, string name) => line.Optional(name) is { } value
        && value.ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            _ => throw new FormatException($"\"{name}\" is neither true nor false."),
        };

    public static int Count(this JsonElement line, string name) => line.Optional(name) is not { } value
        ? 0
        : value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) && number >= 0
            ? number
            : throw new FormatException($"\"{name}\" is not a whole number of 0 or more.");

    public static int[] RequiredIds(this JsonElement line, string name, int vocabularySize)
    {
        if (!line.TryGetProperty(name, out var value) || value.ValueKind != JsonValueKind.Array)
        {
            throw new FormatException($"\"{name}\" is missing or not an array of token ids.");
        }

        var ids = new int[value.GetArrayLength()];
        var index = 0;
        foreach (var item in value.EnumerateArray())
        {
            ids[index] = item.ValueKind == JsonValueKind.Number && item.TryGetInt32(out var id) && id >= 0 && id < vocabularySize
                ? id
                : throw new FormatException($"\"{name}\"[{index}] is {item.GetRawText()}; an id from 0 to {vocabularySize - 1} was expected.");
            index++;
        }

        return ids;
    }

    /// <summary>A member that is there and not null.</summary>
    public static JsonElement? Optional(this JsonElement line, string name) =>
        line.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    public static void WriteIds(this Utf8JsonWriter writer, string name, ReadOnlySpan<int> ids)
    {
        writer.WriteStartArray(name);
        foreach (var id in ids)
        {
            writer.WriteNumberValue(id);
        }

        writer.WriteEndArray();
    }
}
