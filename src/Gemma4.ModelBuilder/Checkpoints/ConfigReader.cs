using System.Text.Json;

namespace Gemma4.ModelBuilder.Checkpoints;

/// <summary>Reads the fields of one JSON object and names file and field when one is wrong.</summary>
internal sealed class ConfigReader(string path, JsonElement element)
{
    private readonly JsonElement _element = element.ValueKind == JsonValueKind.Object
        ? element
        : throw new InvalidDataException($"'{path}' does not hold a JSON object. Fetch the file again.");

    public string Text(string name) => OptionalText(name) ?? throw Wrong(name, "must be a text");

    public string? OptionalText(string name) => Find(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.String } value => value.GetString(),
        _ => throw Wrong(name, "must be a text"),
    };

    public int Size(string name) => OptionalSize(name) is { } size and > 0
        ? size
        : throw Wrong(name, "must be a positive whole number");

    public int? OptionalSize(string name) => Find(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Number } value when value.TryGetInt32(out var size) && size >= 0 => size,
        _ => throw Wrong(name, "must be a whole number from 0 on"),
    };

    public double Number(string name) => OptionalNumber(name) ?? throw Wrong(name, "must be a number");

    public double? OptionalNumber(string name) => Find(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Number } value => value.GetDouble(),
        _ => throw Wrong(name, "must be a number"),
    };

    public bool Flag(string name, bool whenAbsent = false) => Find(name)?.ValueKind switch
    {
        null => whenAbsent,
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Wrong(name, "must be true or false"),
    };

    public string[] Texts(string name)
    {
        if (Find(name) is not { ValueKind: JsonValueKind.Array } array)
        {
            throw Wrong(name, "must be a list of texts");
        }

        return [.. array.EnumerateArray().Select(
            e => e.ValueKind == JsonValueKind.String ? e.GetString()! : throw Wrong(name, "must be a list of texts"))];
    }

    public ConfigReader Child(string name) => Find(name) is { ValueKind: JsonValueKind.Object } child
        ? new ConfigReader(path, child)
        : throw Wrong(name, "must be an object");

    /// <summary>The entry of the map <paramref name="name"/> whose zero-padded key is the number given.</summary>
    public ConfigReader? Entry(string name, string number)
    {
        if (Find(name) is not { ValueKind: JsonValueKind.Object } map)
        {
            return null;
        }

        foreach (var entry in map.EnumerateObject())
        {
            var key = entry.Name.TrimStart('0');
            if ((key.Length == 0 ? "0" : key) == number)
            {
                return new ConfigReader(path, entry.Value);
            }
        }

        return null;
    }

    public InvalidDataException Wrong(string name, string fact) =>
        new($"'{path}': {name} {fact}. Use the config.json that came with the weights.");

    public NotSupportedException Unsupported(string name, string fact, string wayOut) =>
        new($"'{path}': {name}: {fact}. {wayOut}");

    private JsonElement? Find(string name) =>
        _element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;
}
