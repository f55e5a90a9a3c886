using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;

namespace Gemma4.Agents.Tests;

/// <summary>One fault put into a right call: either into the call itself or into its text.</summary>
internal sealed record CallMutation(string Class, FunctionCallContent? Call, string? Text)
{
    private static readonly JsonSerializerOptions Plain = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>All single faults that this call can have, one of each class; the random ones by the given source.</summary>
    public static IEnumerable<CallMutation> Of(FunctionCallContent gold, AIFunctionDeclaration tool, Random random)
    {
        JsonObject arguments = Arguments(gold);
        yield return Named("name: case and separators", Respell(gold.Name, random));
        yield return Named("name: one edit", Edit(gold.Name, 1, random));
        yield return Named("name: two edits", Edit(gold.Name, 2, random));
        yield return With("arguments wrapped", new JsonObject { ["arguments"] = arguments.DeepClone() });
        foreach ((string key, JsonNode? value) in arguments)
        {
            if (Respell(key, random) is { } respelt && respelt != key && !arguments.ContainsKey(respelt))
            {
                yield return With("parameter: case and separators", Renamed(key, respelt));
            }

            if (key.Length >= 4)
            {
                yield return With("parameter: one edit", Renamed(key, Edit(key, 1, random)));
            }

            JsonElement property = tool.JsonSchema.GetProperty("properties").GetProperty(key);
            switch (value?.GetValueKind())
            {
                case JsonValueKind.Number:
                    yield return With("number as text", Replaced(key, JsonValue.Create(value.ToJsonString())));
                    yield return With("value in a list", Replaced(key, new JsonArray(value.DeepClone())));
                    break;
                case JsonValueKind.True or JsonValueKind.False:
                    yield return With("truth as text", Replaced(key, JsonValue.Create(value.GetValue<bool>() ? "True" : "False")));
                    break;
                case JsonValueKind.Array when value.AsArray().Count > 0:
                    yield return With("list as text", Replaced(key, JsonValue.Create(value.ToJsonString(Plain))));
                    break;
                case JsonValueKind.Object:
                    yield return With("object as text", Replaced(key, JsonValue.Create(value.ToJsonString(Plain))));
                    break;
                case JsonValueKind.String when property.TryGetProperty("enum", out JsonElement allowed):
                    // Genotypes Aa and AA differ by case alone: that is another call.
                    string upper = value.GetValue<string>().ToUpperInvariant();
                    if (allowed.EnumerateArray().Any(entry => entry.ToString() == upper))
                    {
                        break;
                    }

                    yield return With("allowed value: case", Replaced(key, JsonValue.Create(upper)));
                    break;
                case JsonValueKind.String when property.TryGetProperty("type", out _): // Any type takes a list as well.
                    yield return With("value in a list", Replaced(key, new JsonArray(value.DeepClone())));
                    break;
            }
        }

        string text = new JsonObject { ["name"] = gold.Name, ["arguments"] = arguments.DeepClone() }.ToJsonString(Plain);
        yield return Written("text before", "I will call the tool. " + text);
        yield return Written("text behind", text + " That should do it.");
        yield return Written("fenced", $"```json\n{text}\n```");
        yield return Written("closing bracket too many", text + "}");
        yield return Written("comma too many", text[..^2] + ",}}");
        yield return Written("single quotes", SingleQuoted(text));
        yield return Written("bare keys", text.Replace("\"name\":", "name:", StringComparison.Ordinal).Replace("\"arguments\":", "arguments:", StringComparison.Ordinal));
        foreach ((string kind, char letter) in new[] { ("bracket missing", '}'), ("bracket missing", ']'), ("quote missing", '"'), ("comma missing", ',') })
        {
            // Without its comma, "1,2" is the number 12: another call, and nothing shows that it is wrong.
            int[] places = [.. Places(text, letter).Where(place => letter != ',' || !char.IsDigit(text[place - 1]) || !char.IsDigit(text[place + 1]))];
            if (places.Length > 0)
            {
                yield return Written(kind, text.Remove(places[random.Next(places.Length)], 1));
            }
        }

        yield return Written("cut off", text[..random.Next(text.Length / 2, text.Length - 1)]);

        CallMutation Named(string kind, string name) => new(kind, new FunctionCallContent("call", name, Values(arguments)), null);
        CallMutation With(string kind, JsonObject changed) => new(kind, new FunctionCallContent("call", gold.Name, Values(changed)), null);
        CallMutation Written(string kind, string changed) => new(kind, null, changed);
        JsonObject Replaced(string key, JsonNode? value)
        {
            JsonObject copy = (JsonObject)arguments.DeepClone();
            copy[key] = value;
            return copy;
        }

        JsonObject Renamed(string key, string name) => new(arguments.Select(member =>
            KeyValuePair.Create(member.Key == key ? name : member.Key, member.Value?.DeepClone())));
    }

    public static JsonObject Arguments(FunctionCallContent call)
    {
        JsonObject result = [];
        foreach ((string name, object? value) in call.Arguments ?? new Dictionary<string, object?>())
        {
            result[name] = value is null ? null : JsonNode.Parse(((JsonElement)value).GetRawText());
        }

        return result;
    }

    private static Dictionary<string, object?> Values(JsonObject members) =>
        members.ToDictionary(member => member.Key, member => member.Value is null ? null : (object?)JsonElement.Parse(member.Value.ToJsonString()));

    private static string Respell(string name, Random random) => random.Next(3) switch
    {
        0 => name.ToUpperInvariant(),
        1 => name.Replace('.', '_').Replace('_', '-'),
        _ => string.Concat(CultureInfo.InvariantCulture.TextInfo.ToTitleCase(name.Replace('_', ' ').Replace('.', ' ')).Where(char.IsLetterOrDigit)),
    };

    private static string Edit(string name, int edits, Random random)
    {
        StringBuilder text = new(name);
        for (int i = 0; i < edits; i++)
        {
            int at = random.Next(text.Length);
            char letter = (char)('a' + random.Next(26));
            switch (random.Next(4))
            {
                case 0:
                    text.Insert(at, letter);
                    break;
                case 1 when text.Length > 1:
                    text.Remove(at, 1);
                    break;
                case 2 when at + 1 < text.Length:
                    (text[at], text[at + 1]) = (text[at + 1], text[at]);
                    break;
                default:
                    text[at] = letter;
                    break;
            }
        }

        return text.ToString();
    }

    private static IEnumerable<int> Places(string text, char letter)
    {
        bool isInText = false;
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\')
            {
                i++;
                continue;
            }

            if (text[i] == letter && (letter == '"' || !isInText))
            {
                yield return i;
            }

            isInText ^= text[i] == '"';
        }
    }

    private static string SingleQuoted(string text)
    {
        char[] letters = text.ToCharArray();
        foreach (int place in Places(text, '"'))
        {
            letters[place] = '\'';
        }

        return new string(letters);
    }
}
