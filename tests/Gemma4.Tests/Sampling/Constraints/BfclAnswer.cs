using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Gemma4.Tests.Sampling.Constraints;

/// <summary>Writes the leaderboard's answers as calls: for each parameter its first possible value, none where that is empty.</summary>
internal static class BfclAnswer
{
    public static string Write(JsonArray calls)
    {
        var text = new StringBuilder();
        foreach (var call in calls)
        {
            var (name, arguments) = call!.AsObject().First();
            text.Append("<|tool_call>call:").Append(name);
            Members(text, arguments!.AsObject());
            text.Append("<tool_call|>");
        }

        return text.ToString();
    }

    private static void Members(StringBuilder text, JsonObject possible)
    {
        text.Append('{');
        var isFirst = true;
        foreach (var (name, values) in possible)
        {
            // The empty string among the values says that the parameter may be left out.
            if (values is not JsonArray { Count: > 0 } list || list.Any(value => value is JsonValue text && text.GetValueKind() == JsonValueKind.String && (string)text! == ""))
            {
                continue;
            }

            text.Append(isFirst ? "" : ",").Append(name).Append(':');
            isFirst = false;
            Value(text, list[0]);
        }

        text.Append('}');
    }

    private static void Value(StringBuilder text, JsonNode? value)
    {
        switch (value)
        {
            case JsonObject members:
                Members(text, members);
                break;
            case JsonArray items:
                text.Append('[');
                for (var i = 0; i < items.Count; i++)
                {
                    text.Append(i == 0 ? "" : ",");
                    Value(text, items[i]);
                }

                text.Append(']');
                break;
            case JsonValue scalar when scalar.GetValueKind() == JsonValueKind.String:
                text.Append("<|\"|>").Append((string)scalar!).Append("<|\"|>");
                break;
            default:
                text.Append(value?.ToJsonString() ?? "null");
                break;
        }
    }
}
