using System.Collections;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;

namespace Gemma4.Prompting;

/// <summary>Turns what arguments and results hold in .NET into JSON values, without reflection.</summary>
internal static class JsonValues
{
    private static readonly JsonWriterOptions WriterOptions = new()
    {
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static JsonElement FromText(string text) => Build(writer => writer.WriteStringValue(text));

    /// <summary>A string's text; one with half a surrogate pair, which .NET cannot read, stays escaped.</summary>
    public static string GetText(JsonElement text)
    {
        try
        {
            return text.GetString()!;
        }
        catch (InvalidOperationException) when (text.ValueKind == JsonValueKind.String)
        {
            return text.GetRawText()[1..^1];
        }
    }

    public static JsonElement Build(Action<Utf8JsonWriter> write)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, WriterOptions))
        {
            write(writer);
        }

        return Parse(stream.ToArray());
    }

    public static JsonElement? TryParse(string json)
    {
        try
        {
            return Parse(Encoding.UTF8.GetBytes(json));
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>
    /// The value as JSON: JSON types as they are, dictionaries as objects, other lists as arrays, everything else by
    /// the metadata of <see cref="AIJsonUtilities.DefaultOptions"/>, and by ToString where there is none.
    /// </summary>
    public static JsonElement From(object? value) => From(value, null);

    private static JsonElement From(object? value, Enclosing? enclosing)
    {
        switch (value)
        {
            case null:
                return default;
            case JsonElement element:
                return element;
            case JsonDocument document:
                return document.RootElement;
            case string text:
                return FromText(text);
            case JsonNode node:
                return Build(writer => node.WriteTo(writer));
        }

        // A collection that holds itself has no end as JSON.
        return enclosing?.Holds(value) == true
            ? FromText(ToText(value))
            : BySerializer(value) ?? ByShape(value, new Enclosing(value, enclosing));
    }

    private static JsonElement? BySerializer(object value)
    {
        try
        {
            return AIJsonUtilities.DefaultOptions.TryGetTypeInfo(value.GetType(), out var typeInfo)
                ? JsonSerializer.SerializeToElement(value, typeInfo)
                : null;
        }
        catch (Exception exception) when (exception is NotSupportedException or ArgumentException
            or InvalidOperationException or JsonException)
        {
            // No metadata for a member, a value JSON cannot hold (NaN), or a cycle.
            return null;
        }
    }

    private static JsonElement ByShape(object value, Enclosing enclosing) => value switch
    {
        IEnumerable<KeyValuePair<string, object?>> entries => FromEntries(entries, enclosing),
        IDictionary dictionary => FromEntries(dictionary.Cast<DictionaryEntry>().Select(entry =>
            new KeyValuePair<string, object?>(ToText(entry.Key), entry.Value)), enclosing),
        IEnumerable items => Build(writer =>
        {
            writer.WriteStartArray();
            foreach (var item in items)
            {
                Write(writer, From(item, enclosing));
            }

            writer.WriteEndArray();
        }),
        _ => FromText(ToText(value)),
    };

    public static JsonElement FromEntries(IEnumerable<KeyValuePair<string, object?>> entries) =>
        FromEntries(entries, new Enclosing(entries, null));

    private static JsonElement FromEntries(IEnumerable<KeyValuePair<string, object?>> entries, Enclosing enclosing) => Build(writer =>
    {
        writer.WriteStartObject();
        foreach (var (key, value) in entries)
        {
            writer.WritePropertyName(key);
            Write(writer, From(value, enclosing));
        }

        writer.WriteEndObject();
    });

    public static void Write(Utf8JsonWriter writer, JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Undefined)
        {
            writer.WriteNullValue();
            return;
        }

        value.WriteTo(writer);
    }

    private static string ToText(object value) =>
        Convert.ToString(value, CultureInfo.InvariantCulture) ?? string.Empty;

    private static JsonElement Parse(ReadOnlyMemory<byte> json)
    {
        using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 1000 });
        return document.RootElement.Clone();
    }

    private sealed record Enclosing(object Value, Enclosing? Outer)
    {
        public bool Holds(object value) => ReferenceEquals(Value, value) || Outer?.Holds(value) == true;
    }
}
