using System.Globalization;
using System.Text;

namespace Gemma4.Safety.Detection.Content;

/// <summary>Finds characters that a reader cannot see but a model reads. Joiners inside emoji and scripts that need them are not reported.</summary>
internal sealed class HiddenCharactersDetector : ITextDetector
{
    private const int LongestRun = 256; // UTF-16 units per finding

    public string Id => "hidden-text";

    public int? HoldBack => LongestRun + 4;

    public int LookBehind => LongestRun + 4;

    public void Detect(TextView text, ICollection<Finding> found)
    {
        var characters = text.Text;
        if (Ascii.IsValid(characters))
        {
            return;
        }

        var start = -1;
        var position = 0;
        while (position <= characters.Length)
        {
            var hasRune = Rune.TryGetRuneAt(characters, Math.Min(position, characters.Length - 1), out var rune) && position < characters.Length;
            var isHidden = hasRune && TextFolding.IsInvisible(rune);
            if (isHidden && start < 0)
            {
                start = position;
            }

            if (start >= 0 && (!isHidden || position - start >= LongestRun))
            {
                Report(characters, start, position, found);
                start = isHidden ? position : -1;
            }

            position += hasRune ? rune.Utf16SequenceLength : 1;
        }
    }

    public int SettledLength(TextView text)
    {
        // A run and the character behind it are judged together.
        var characters = text.Text;
        var end = characters.Length;
        var floor = Math.Max(0, end - HoldBack!.Value);
        while (end > floor && Rune.DecodeLastFromUtf16(characters.AsSpan(0, end), out var rune, out var length) is var _
            && (rune == Rune.ReplacementChar || TextFolding.IsInvisible(rune)))
        {
            end -= length;
        }

        return end;
    }

    private static void Report(string text, int start, int end, ICollection<Finding> found)
    {
        Rune.TryGetRuneAt(text, start, out var rune);
        var isSingle = start + rune.Utf16SequenceLength == end;
        var rule = rune.Value switch
        {
            >= 0xE0000 and <= 0xE007F => IsFlag(text, start, end) ? null : "hidden-text/tag-characters",
            (>= 0x202A and <= 0x202E) or (>= 0x2066 and <= 0x2069) => "hidden-text/bidirectional",
            >= 0xFE00 and <= 0xFE0F => isSingle || IsEmojiJoin(text, start, end) ? null : "hidden-text/variation-selectors",
            >= 0xE0100 and <= 0xE01EF => isSingle ? null : "hidden-text/variation-selectors",
            0x200C or 0x200D => isSingle && Joins(text, start, end) ? null : "hidden-text/zero-width",
            0x00AD or 0x200E or 0x200F or 0x061C or 0xFEFF or 0x115F or 0x1160 when isSingle => null,
            >= 0x0600 and <= 0x08E2 when isSingle => null,
            _ => "hidden-text/zero-width",
        };

        if (rule is not null)
        {
            var score = rule is "hidden-text/tag-characters" or "hidden-text/variation-selectors" ? 1 : isSingle ? 0.6 : 0.9;
            found.Add(new Finding(rule, RiskCategory.HiddenText, "HIDDEN_TEXT", start, end - start, score));
        }
    }

    // A black flag, two to six tags and the cancel tag: the flags of England, Scotland and Wales.
    private static bool IsFlag(string text, int start, int end) =>
        start >= 2 && char.IsSurrogatePair(text, start - 2) && char.ConvertToUtf32(text, start - 2) == 0x1F3F4 && end - start <= 14;

    // Emoji presentation followed by a joiner.
    private static bool IsEmojiJoin(string text, int start, int end) => end - start == 2 && text[start] == '\uFE0F' && text[start + 1] == '\u200D';

    private static bool Joins(string text, int start, int end)
    {
        if (start == 0 || end >= text.Length)
        {
            return false;
        }

        Rune.DecodeLastFromUtf16(text.AsSpan(0, start), out var before, out _);
        Rune.TryGetRuneAt(text, end, out var after);
        return NeedsJoiners(before) && NeedsJoiners(after);
    }

    // Emoji and modifiers; Arabic, Syriac and the scripts of India and its neighbours.
    private static bool NeedsJoiners(Rune rune) =>
        rune.Value is (>= 0x0600 and <= 0x08FF) or (>= 0x0900 and <= 0x0DFF) or (>= 0x1000 and <= 0x109F) or (>= 0x1780 and <= 0x17FF) or (>= 0x1800 and <= 0x18AF)
            or (>= 0x2190 and <= 0x2BFF) or (>= 0x1F000 and <= 0x1FAFF) or (>= 0xFE70 and <= 0xFEFF)
        || Rune.GetUnicodeCategory(rune) is UnicodeCategory.OtherSymbol or UnicodeCategory.ModifierSymbol;
}
