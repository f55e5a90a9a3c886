using System.Security.Cryptography;
using System.Text;

namespace Gemma4.Safety.Detection;

/// <summary>Rewrites the found stretches of a text.</summary>
internal static class TextRedaction
{
    private const int HashCharacters = 16; // 64 bits: no two values of one conversation meet

    /// <summary>Every letter and digit becomes an asterisk; up to keepLast ones at the end stay, at most a third of the value.</summary>
    public static string Mask(string text, IEnumerable<Finding> findings, int keepLast = 0) =>
        Apply(text, findings, (_, value) => MaskValue(value, keepLast));

    /// <summary>
    /// The value becomes its entity's name and a keyed digest, the same for the same value and key. The key is a secret: without
    /// one, short values could be guessed and compared.
    /// </summary>
    public static string Hash(string text, IEnumerable<Finding> findings, byte[] key) =>
        Apply(text, findings, (finding, value) =>
        {
            var digest = HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(value));
            return $"<{finding.Entity}:{Convert.ToHexStringLower(digest)[..HashCharacters]}>";
        });

    /// <summary>Replaces the found stretches; overlapping ones become one stretch under the strongest finding.</summary>
    public static string Apply(string text, IEnumerable<Finding> findings, Func<Finding, string, string> replace)
    {
        var result = new StringBuilder(text.Length);
        var position = 0;
        foreach (var finding in Merge(findings))
        {
            result.Append(text, position, finding.Start - position);
            result.Append(replace(finding, text.Substring(finding.Start, finding.Length)));
            position = finding.End;
        }

        return result.Append(text, position, text.Length - position).ToString();
    }

    /// <summary>Disjoint stretches in the order of the text that cover all findings.</summary>
    public static List<Finding> Merge(IEnumerable<Finding> findings)
    {
        var merged = new List<Finding>();
        foreach (var finding in findings.OrderBy(finding => finding.Start).ThenByDescending(finding => finding.Score))
        {
            if (merged.Count == 0 || merged[^1].End <= finding.Start)
            {
                merged.Add(finding);
                continue;
            }

            var last = merged[^1];
            var stronger = finding.Score > last.Score ? finding : last;
            merged[^1] = stronger with { Start = last.Start, Length = Math.Max(last.End, finding.End) - last.Start };
        }

        return merged;
    }

    private static string MaskValue(string value, int keepLast)
    {
        var masked = value.ToCharArray();
        var kept = Math.Min(keepLast, value.Count(char.IsLetterOrDigit) / 3);
        for (var index = masked.Length - 1; index >= 0; index--)
        {
            if (char.IsLetterOrDigit(masked[index]) || char.IsSurrogate(masked[index]))
            {
                masked[index] = kept-- > 0 ? masked[index] : '*';
            }
        }

        return new string(masked);
    }
}
