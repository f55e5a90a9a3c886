using System.Globalization;
using System.Text;

namespace Gemma4.Agents.Mcp;

/// <summary>Characters that a person does not see and a model reads: tags, bidirectional marks, zero-width ones, controls.</summary>
internal static class HiddenCharacters
{
    public static bool Any(string text) => text.EnumerateRunes().Any(IsHidden);

    public static string Strip(string text) => Rewrite(text, _ => "");

    public static string Show(string text) => Rewrite(text, rune => FormattableString.Invariant($"[U+{rune.Value:X4}]"));

    private static string Rewrite(string text, Func<Rune, string> replace)
    {
        StringBuilder result = new(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            result.Append(IsHidden(rune) ? replace(rune) : rune.ToString());
        }

        return result.ToString();
    }

    private static bool IsHidden(Rune rune) => Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.Format or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned => true,
        UnicodeCategory.Control => rune.Value is not ('\n' or '\t' or '\r'),
        // Variation selectors can carry bytes.
        UnicodeCategory.NonSpacingMark => rune.Value is (>= 0xFE00 and <= 0xFE0F) or (>= 0xE0100 and <= 0xE01EF),
        _ => false,
    };
}
