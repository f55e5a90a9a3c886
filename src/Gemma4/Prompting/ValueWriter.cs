using System.Text.Json;

namespace Gemma4.Prompting;

/// <summary>Writes JSON values in the model's notation: no spaces, strings between control-token delimiters.</summary>
internal static class ValueWriter
{
    /// <param name="output">Where the value goes.</param>
    /// <param name="value">Any JSON value.</param>
    /// <param name="quoteKeys">True inside declarations, where the template delimits the keys of generic values.</param>
    public static void Write(SegmentBuilder output, JsonElement value, bool quoteKeys)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.String:
                output.Quoted(value.GetString()!);
                break;
            case JsonValueKind.True:
                output.Plain("true");
                break;
            case JsonValueKind.False:
                output.Plain("false");
                break;
            case JsonValueKind.Number:
                output.Plain(PythonText.Number(value));
                break;
            case JsonValueKind.Array:
                WriteList(output, value, quoteKeys);
                break;
            case JsonValueKind.Object:
                output.Plain("{");
                WriteEntries(output, value, quoteKeys);
                output.Plain("}");
                break;
            default:
                output.Plain("null");
                break;
        }
    }

    /// <summary>The entries of a mapping without its braces.</summary>
    public static void WriteEntries(SegmentBuilder output, JsonElement mapping, bool quoteKeys)
    {
        var first = true;
        foreach (var (key, value) in PythonText.SortedEntries(mapping))
        {
            if (!first)
            {
                output.Plain(",");
            }

            first = false;
            _ = quoteKeys ? output.Quoted(key) : output.Plain(key);
            output.Plain(":");
            Write(output, value, quoteKeys);
        }
    }

    private static void WriteList(SegmentBuilder output, JsonElement list, bool quoteKeys)
    {
        output.Plain("[");
        var first = true;
        foreach (var item in list.EnumerateArray())
        {
            if (!first)
            {
                output.Plain(",");
            }

            first = false;
            Write(output, item, quoteKeys);
        }

        output.Plain("]");
    }
}
