using System.Collections;
using System.Globalization;
using System.Text.Json;

namespace Gemma4.Cli.Json;

/// <summary>Writes the values of call arguments and results, whatever of JSON's types they have in memory.</summary>
internal static class ValueWriting
{
    public static void Write(Utf8JsonWriter writer, object? value)
    {
        switch (value)
        {
            case null: writer.WriteNullValue(); break;
            case JsonElement element: element.WriteTo(writer); break;
            case string text: writer.WriteStringValue(text); break;
            case bool flag: writer.WriteBooleanValue(flag); break;
            case IReadOnlyDictionary<string, object?> members: WriteObject(writer, members); break;
            case IDictionary<string, object?> members: WriteObject(writer, members); break;
            case IEnumerable items: WriteArray(writer, items); break;
            // Numbers of every kind spell themselves; a raw value keeps all their digits.
            case IFormattable number: writer.WriteRawValue(number.ToString(null, CultureInfo.InvariantCulture)); break;
            default: throw new NotSupportedException($"An argument of type {value.GetType().Name} has no JSON form.");
        }
    }

    /// <summary>The member <c>arguments</c> of a call; an empty object where there are none.</summary>
    public static void WriteArguments(Utf8JsonWriter writer, IDictionary<string, object?>? arguments)
    {
        writer.WritePropertyName("arguments");
        WriteObject(writer, arguments ?? new Dictionary<string, object?>());
    }

    private static void WriteObject(Utf8JsonWriter writer, IEnumerable<KeyValuePair<string, object?>> members)
    {
        writer.WriteStartObject();
        foreach (var (name, value) in members)
        {
            writer.WritePropertyName(name);
            Write(writer, value);
        }

        writer.WriteEndObject();
    }

    private static void WriteArray(Utf8JsonWriter writer, IEnumerable items)
    {
        writer.WriteStartArray();
        foreach (var item in items)
        {
            Write(writer, item);
        }

        writer.WriteEndArray();
    }
}
