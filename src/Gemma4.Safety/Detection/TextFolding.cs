using System.Globalization;
using System.Text;

namespace Gemma4.Safety.Detection;

/// <summary>Rewrites a text character by character into plainer forms and keeps the way back.</summary>
internal static class TextFolding
{
    // One entry per BMP character, filled when first met; writing a reference twice does no harm.
    private static readonly string?[] PlainForms = new string?[0x10000];
    private static readonly string?[] FoldedForms = new string?[0x10000];

    /// <summary>Compatibility forms replaced and invisible characters removed; case and alphabets stay.</summary>
    public static MappedText Plain(string text)
    {
        if (Ascii.IsValid(text))
        {
            return new MappedText(text);
        }

        var writer = new MappedTextWriter(text.Length);
        for (var position = 0; position < text.Length;)
        {
            var rune = Next(text, position, out var length);
            if (rune.IsAscii)
            {
                writer.Append((char)rune.Value, position, position + 1);
            }
            else
            {
                writer.Append(PlainForm(rune), position, position + length);
            }

            position += length;
        }

        return writer.ToMappedText();
    }

    /// <summary>The plain form in lower case, without accents, look-alike letters replaced by the Latin ones they imitate.</summary>
    public static MappedText Fold(string text)
    {
        if (Ascii.IsValid(text))
        {
            return new MappedText(text.ToLowerInvariant());
        }

        var writer = new MappedTextWriter(text.Length);
        for (var position = 0; position < text.Length;)
        {
            var rune = Next(text, position, out var length);
            if (rune.IsAscii)
            {
                writer.Append(char.ToLowerInvariant((char)rune.Value), position, position + 1);
            }
            else
            {
                writer.Append(FoldedForm(rune), position, position + length);
            }

            position += length;
        }

        return writer.ToMappedText();
    }

    /// <summary>Folds characters that keep their number and leaves the others, so that positions stay.</summary>
    public static string FoldInPlace(string text) => string.Create(text.Length, text, static (target, source) =>
    {
        for (var position = 0; position < source.Length; position++)
        {
            var character = source[position];
            target[position] = char.IsAscii(character) || char.IsSurrogate(character) ? char.ToLowerInvariant(character)
                : FoldedForm(new Rune(character)) is [var single] ? single : character;
        }
    });

    /// <summary>Whether a reader sees nothing where this character stands.</summary>
    public static bool IsInvisible(Rune rune) => rune.Value switch
    {
        0x034F or 0x115F or 0x1160 or 0x17B4 or 0x17B5 or 0x3164 or 0xFFA0 => true,
        (>= 0xFE00 and <= 0xFE0F) or (>= 0xE0000 and <= 0xE0FFF) => true,
        >= 0x180B and <= 0x180F => true,
        _ => Rune.GetUnicodeCategory(rune) == UnicodeCategory.Format,
    };

    private static Rune Next(string text, int position, out int length)
    {
        if (Rune.TryGetRuneAt(text, position, out var rune))
        {
            length = rune.Utf16SequenceLength;
            return rune;
        }

        length = 1;
        return Rune.ReplacementChar;
    }

    private static string PlainForm(Rune rune)
    {
        if (!rune.IsBmp)
        {
            return MakePlain(rune);
        }

        return PlainForms[rune.Value] ??= MakePlain(rune);
    }

    private static string FoldedForm(Rune rune)
    {
        if (!rune.IsBmp)
        {
            return MakeFolded(rune);
        }

        return FoldedForms[rune.Value] ??= MakeFolded(rune);
    }

    private static string MakePlain(Rune rune)
    {
        if (IsInvisible(rune))
        {
            return "";
        }

        return Rune.IsWhiteSpace(rune) ? " " : rune.ToString().Normalize(NormalizationForm.FormKC);
    }

    private static string MakeFolded(Rune rune)
    {
        var plain = MakePlain(rune).Normalize(NormalizationForm.FormD);
        var folded = new StringBuilder(plain.Length);
        foreach (var part in plain.EnumerateRunes())
        {
            if (Rune.GetUnicodeCategory(part) == UnicodeCategory.NonSpacingMark)
            {
                continue;
            }

            var lower = Rune.ToLowerInvariant(part);
            if (Homoglyphs.TryGetLatin(lower, out var latin))
            {
                folded.Append(latin);
            }
            else
            {
                folded.Append(lower.ToString());
            }
        }

        return folded.ToString();
    }
}
