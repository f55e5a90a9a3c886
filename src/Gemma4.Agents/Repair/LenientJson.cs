using System.Text.Json.Nodes;

namespace Gemma4.Agents.Repair;

/// <summary>
/// JSON as small models write it: single quotes, Python words, bare keys, a comma or bracket too few or too many, text
/// around it. Returns every reading that one correction allows; the caller keeps one only when no other fits its schema.
/// </summary>
internal static class LenientJson
{
    // Each correction is a parse of the whole text; longer texts are read without corrections.
    private const int MaxCorrectedLength = 2000;
    private const int MaxReadings = 32;

    public static IReadOnlyList<JsonNode> Read(string text)
    {
        string trimmed = Unfence(text.Trim());
        int start = trimmed.IndexOfAny(['{', '[']);
        if (start < 0)
        {
            return [];
        }

        string body = trimmed[start..];
        LenientJsonReader reader = new(body);
        if (reader.TryRead(out JsonNode? whole) && IsStray(body.AsSpan(reader.Position)))
        {
            return [whole!];
        }

        return body.Length > MaxCorrectedLength ? [] : Corrected(body);
    }

    // Another opening bracket behind the value means a second value: which of them counts is not clear.
    private static bool IsStray(ReadOnlySpan<char> rest) => rest.IndexOfAny('{', '[', '"') < 0 && rest.IndexOf(':') < 0 && !rest.TrimStart().StartsWith(",");

    private static List<JsonNode> Corrected(string body)
    {
        Dictionary<string, JsonNode> readings = new(StringComparer.Ordinal);
        // Cut in the middle of a number or a word: what is missing is more than a bracket.
        bool mayBeCut = char.IsLetterOrDigit(body[^1]) || body[^1] is '.' or '-' or '_';
        for (int at = 1; at <= body.Length && readings.Count < MaxReadings; at++)
        {
            foreach (char missing in "}],:\"'")
            {
                if (at < body.Length || !mayBeCut)
                {
                    Try(body.Insert(at, missing.ToString()));
                }
            }

            if (at < body.Length && body[at] is '}' or ']' or ',' or ':' or '"' or '\'')
            {
                Try(body.Remove(at, 1));
            }
        }

        return [.. readings.Values];

        void Try(string candidate)
        {
            LenientJsonReader reader = new(candidate);
            if (reader.TryRead(out JsonNode? node) && candidate.AsSpan(reader.Position).IsWhiteSpace() && node is not null)
            {
                readings.TryAdd(node.ToJsonString(), node);
            }
        }
    }

    private static string Unfence(string text)
    {
        if (!text.StartsWith("```", StringComparison.Ordinal))
        {
            return text;
        }

        int line = text.IndexOf('\n', StringComparison.Ordinal);
        int end = text.LastIndexOf("```", StringComparison.Ordinal);
        return line > 0 && end > line ? text[(line + 1)..end].Trim() : text;
    }
}
