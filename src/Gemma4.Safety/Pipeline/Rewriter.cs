using System.Text;
using Gemma4.Safety.Detection;
using Gemma4.Safety.Policies;

namespace Gemma4.Safety.Pipeline;

/// <summary>Puts placeholders in the place of found stretches.</summary>
internal static class Rewriter
{
    private const int KeptByMask = 4;

    public static SafetyAction Strictest(IReadOnlyList<Hit> hits) => hits.Count == 0 ? SafetyAction.Allow : hits.Max(hit => hit.Action);

    public static Hit? Decisive(IReadOnlyList<Hit> hits)
    {
        Hit? best = null;
        foreach (var hit in hits)
        {
            if (best is not { } current || hit.Action > current.Action || (hit.Action == current.Action && hit.Finding.Score > current.Finding.Score))
            {
                best = hit;
            }
        }

        return best;
    }

    /// <summary>Disjoint stretches in the order of the text; overlapping ones become one under the strongest finding.</summary>
    public static List<Hit> Merge(IEnumerable<Hit> hits)
    {
        var merged = new List<Hit>();
        foreach (var hit in hits.OrderBy(hit => hit.Start).ThenByDescending(hit => hit.Finding.Score).ThenBy(hit => hit.Finding.Rule, StringComparer.Ordinal))
        {
            if (merged.Count == 0 || merged[^1].End <= hit.Start)
            {
                merged.Add(hit);
                continue;
            }

            var last = merged[^1];
            var stronger = hit.Finding.Score > last.Finding.Score ? hit : last;
            merged[^1] = stronger with { Finding = stronger.Finding with { Start = last.Start, Length = Math.Max(last.End, hit.End) - last.Start } };
        }

        return merged;
    }

    /// <summary>The text with the redactions of the hits; what looks like a placeholder is escaped when there are pseudonyms.</summary>
    public static string Apply(string text, IEnumerable<Hit> hits, Pseudonyms? pseudonyms)
    {
        var result = new StringBuilder(text.Length);
        var position = 0;
        foreach (var hit in Merge(hits.Where(hit => hit.Action == SafetyAction.Redact)))
        {
            Plain(result, text.AsSpan(position, hit.Start - position), pseudonyms);
            result.Append(Placeholder(hit, text.Substring(hit.Start, hit.Finding.Length), pseudonyms));
            position = hit.End;
        }

        Plain(result, text.AsSpan(position), pseudonyms);
        return result.ToString();
    }

    public static string Placeholder(Hit hit, string value, Pseudonyms? pseudonyms) => hit.Rule.Settings.Style switch
    {
        RedactionStyle.Pseudonym when pseudonyms is not null => pseudonyms.PlaceholderFor(hit.Finding.Entity, value),
        RedactionStyle.Mask => TextRedaction.Mask(value, [new Finding(hit.Finding.Rule, hit.Finding.Category, hit.Finding.Entity, 0, value.Length, 1)], KeptByMask),
        RedactionStyle.Hash => TextRedaction.Hash(value, [new Finding(hit.Finding.Rule, hit.Finding.Category, hit.Finding.Entity, 0, value.Length, 1)], hit.Rule.HashKey!),
        _ => $"<{hit.Finding.Entity}>",
    };

    private static void Plain(StringBuilder result, ReadOnlySpan<char> text, Pseudonyms? pseudonyms)
    {
        if (pseudonyms is null)
        {
            result.Append(text);
        }
        else
        {
            pseudonyms.AppendEscaped(result, text);
        }
    }
}
