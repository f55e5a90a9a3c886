using System.Text.Json;

namespace Gemma4.Models;

/// <summary>One JSON file of a model folder; every complaint names the file and the key.</summary>
internal sealed class ConfigFile
{
    private readonly string _path;

    private ConfigFile(string path, JsonElement root)
    {
        _path = path;
        Root = root;
    }

    internal JsonElement Root { get; }

    /// <summary>Null when there is no such file.</summary>
    internal static ConfigFile? OpenIfPresent(string path)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(path));
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                throw new Gemma4ModelException($"'{path}' does not hold a JSON object. Copy the file again from its source.");
            }

            return new ConfigFile(path, document.RootElement.Clone());
        }
        catch (JsonException exception)
        {
            throw new Gemma4ModelException(
                $"'{path}' is not valid JSON: {exception.Message} Copy the file again from its source.", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new Gemma4ModelException(
                $"'{path}' cannot be read: {exception.Message} Check the file and its permissions.", exception);
        }
    }

    internal JsonElement? Section(JsonElement? parent, string key)
    {
        if (Value(parent, key) is not { } value)
        {
            return null;
        }

        return value.ValueKind == JsonValueKind.Object ? value : throw Wrong(key, "an object");
    }

    internal string? Text(JsonElement? parent, string key)
    {
        if (Value(parent, key) is not { } value)
        {
            return null;
        }

        return value.ValueKind == JsonValueKind.String ? value.GetString() : throw Wrong(key, "a string");
    }

    internal int? Integer(JsonElement? parent, string key)
    {
        if (Value(parent, key) is not { } value)
        {
            return null;
        }

        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number)
            ? number
            : throw Wrong(key, "a 32-bit integer");
    }

    internal float? Number(JsonElement? parent, string key)
    {
        if (Value(parent, key) is not { } value)
        {
            return null;
        }

        return value.ValueKind == JsonValueKind.Number && value.TryGetSingle(out float number) && float.IsFinite(number)
            ? number
            : throw Wrong(key, "a finite number");
    }

    internal bool? Flag(JsonElement? parent, string key)
    {
        if (Value(parent, key) is not { } value)
        {
            return null;
        }

        return value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : throw Wrong(key, "true or false");
    }

    /// <summary>Reads an id or a list of ids; configs write either.</summary>
    internal void AddIds(JsonElement? parent, string key, ICollection<int> destination)
    {
        if (Value(parent, key) is not { } value)
        {
            return;
        }

        if (value.ValueKind != JsonValueKind.Array)
        {
            destination.Add(Id(value, key));
            return;
        }

        foreach (JsonElement item in value.EnumerateArray())
        {
            destination.Add(Id(item, key));
        }
    }

    internal Gemma4ModelException Wrong(string key, string expected) =>
        new($"'{key}' in '{_path}' must be {expected}. Correct the file or build the folder again with 'gemma4 build'.");

    private int Id(JsonElement value, string key) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int id) && id >= 0
            ? id
            : throw Wrong(key, "a token id or a list of token ids");

    private static JsonElement? Value(JsonElement? parent, string key) =>
        parent is { ValueKind: JsonValueKind.Object } element && element.TryGetProperty(key, out JsonElement value)
            && value.ValueKind != JsonValueKind.Null
            ? value
            : null;
}
