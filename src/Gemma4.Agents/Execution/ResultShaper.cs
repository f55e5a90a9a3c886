using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Gemma4.Agents.Execution;

/// <summary>Cuts a result to a number of tokens: text keeps head and tail, JSON stays JSON.</summary>
internal static class ResultShaper
{
    /// <summary>Below this nothing but the note would fit.</summary>
    public const int LeastTokens = 16;

    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The result as it is when it fits, else cut; the note says how to get the rest.</summary>
    public static string Cut(string result, int limit, Func<string, int> countTokens, string? handle)
    {
        if (countTokens(result) <= limit)
        {
            return result;
        }

        return Json(result) is { } node ? CutJson(node, limit, countTokens, handle) : CutText(result, limit, countTokens, handle);
    }

    private static string CutText(string text, int limit, Func<string, int> countTokens, string? handle)
    {
        // The largest that fits, by halving; a third for the tail, where results often say how they ended.
        return Largest(text.Length, limit, countTokens, kept =>
        {
            int tail = kept / 3;
            int head = kept - tail;
            // A half character would be a broken one.
            head -= head > 0 && char.IsHighSurrogate(text[head - 1]) ? 1 : 0;
            tail -= tail > 0 && char.IsLowSurrogate(text[^tail]) ? 1 : 0;
            return $"{text[..head]}\n[{Note(text.Length - head - tail, "characters", handle, head)}]\n{(tail > 0 ? text[^tail..] : "")}";
        });
    }

    private static string CutJson(JsonNode node, int limit, Func<string, int> countTokens, string? handle)
    {
        // Fewer items of every list and shorter texts, until it fits; the outermost stays what it was where there is room.
        string shaped = Largest(Width(node), limit, countTokens, width => new JsonObject
        {
            ["result"] = Narrow(node, width),
            ["cut"] = Note(null, "content", handle, null),
        }.ToJsonString(Plain));
        return countTokens(shaped) <= limit ? shaped : "{\"cut\":true}";
    }

    private static JsonNode? Narrow(JsonNode? node, int width) => node switch
    {
        JsonArray items => new JsonArray([.. items.Take(width).Select(item => Narrow(item, width))]),
        JsonObject members => new JsonObject(members.Take(width).Select(member => KeyValuePair.Create(member.Key, Narrow(member.Value, width)))),
        JsonValue value when value.GetValueKind() == JsonValueKind.String && value.GetValue<string>() is { } text && text.Length > width * TextPerItem =>
            JsonValue.Create(text[..SafeLength(text, width * TextPerItem)] + "..."),
        _ => node?.DeepClone(),
    };

    // A list item is worth about this many characters of text.
    private const int TextPerItem = 16;

    private static int SafeLength(string text, int length) => length > 0 && char.IsHighSurrogate(text[length - 1]) ? length - 1 : length;

    private static int Width(JsonNode? node) => node switch
    {
        JsonArray items => Math.Max(items.Count, items.Select(Width).DefaultIfEmpty(0).Max()),
        JsonObject members => Math.Max(members.Count, members.Select(member => Width(member.Value)).DefaultIfEmpty(0).Max()),
        JsonValue value when value.GetValueKind() == JsonValueKind.String => value.GetValue<string>().Length / TextPerItem + 1,
        _ => 0,
    };

    private static string Largest(int most, int limit, Func<string, int> countTokens, Func<int, string> make)
    {
        int low = 0;
        int high = most;
        while (low < high)
        {
            int middle = (low + high + 1) / 2;
            if (countTokens(make(middle)) <= limit)
            {
                low = middle;
            }
            else
            {
                high = middle - 1;
            }
        }

        return make(low);
    }

    private static string Note(int? count, string unit, string? handle, int? offset) => FormattableString.Invariant(
        $"{(count is null ? "" : count + " ")}{unit} left out{(handle is null ? "" : $"; {ResultStore.ToolName}(\"{handle}\"{(offset is null ? "" : $", {offset}")})")}");

    private static JsonNode? Json(string text)
    {
        if (text.AsSpan().TrimStart() is not ['{' or '[', ..])
        {
            return null;
        }

        try
        {
            return JsonNode.Parse(text);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
