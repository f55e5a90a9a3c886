using System.Buffers;
using System.Globalization;
using System.Text;

namespace Gemma4.Safety.Detection;

/// <summary>Reads what encoded stretches of a text say: base64, hexadecimal, percent signs, character references, tag characters.</summary>
internal static class TextDecoding
{
    private const int ShortestRun = 16;  // encoded characters; shorter runs say too little to give orders
    private const int LongestRun = 1 << 16;
    private const int Depth = 2;         // encodings inside encodings

    private static readonly SearchValues<char> Base64Characters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_=");

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static IReadOnlyList<MappedText> Decode(string text)
    {
        List<MappedText>? found = null;
        DecodeRuns(text, new MappedText(text), Depth, ref found);
        DecodeEscapes(text, ref found);
        DecodeTags(text, ref found);
        return found ?? (IReadOnlyList<MappedText>)[];
    }

    private static void DecodeRuns(string text, MappedText origin, int depth, ref List<MappedText>? found)
    {
        var position = 0;
        while (position < text.Length)
        {
            var offset = text.AsSpan(position).IndexOfAny(Base64Characters);
            if (offset < 0)
            {
                return;
            }

            var start = position + offset;
            var length = text.AsSpan(start).IndexOfAnyExcept(Base64Characters);
            length = length < 0 ? text.Length - start : length;
            position = start + length;
            if (length is < ShortestRun or > LongestRun || Read(text.AsSpan(start, length)) is not { } decoded)
            {
                continue;
            }

            var (first, originalLength) = origin.ToOriginal(start, length);
            var writer = new MappedTextWriter(decoded.Length);
            writer.Append(decoded, first, first + originalLength);
            var mapped = writer.ToMappedText();
            (found ??= []).Add(mapped);
            if (depth > 1)
            {
                DecodeRuns(decoded, mapped, depth - 1, ref found);
            }
        }
    }

    private static string? Read(ReadOnlySpan<char> run)
    {
        run = run.Trim("-_=/");
        if (run.Length % 2 == 0 && run.IndexOfAnyExcept(HexDigits) < 0 && AsText(Convert.FromHexString(run)) is { } hex)
        {
            return hex;
        }

        // A long word without digits, signs or mixed case is a word.
        if (run.Length < ShortestRun || !LooksEncoded(run))
        {
            return null;
        }

        Span<char> standard = run.Length <= 1024 ? stackalloc char[run.Length + 3] : new char[run.Length + 3];
        var length = 0;
        foreach (var character in run)
        {
            standard[length++] = character switch { '-' => '+', '_' => '/', _ => character };
        }

        while (length % 4 != 0)
        {
            standard[length++] = '=';
        }

        var bytes = new byte[length];
        return Convert.TryFromBase64Chars(standard[..length], bytes, out var written) ? AsText(bytes.AsSpan(0, written)) : null;
    }

    private static SearchValues<char> HexDigits { get; } = SearchValues.Create("0123456789abcdefABCDEF");

    private static bool LooksEncoded(ReadOnlySpan<char> run)
    {
        var changes = 0;
        for (var index = 1; index < run.Length; index++)
        {
            if (Kind(run[index]) != Kind(run[index - 1]))
            {
                changes++;
            }
        }

        return changes * 5 >= run.Length;

        static int Kind(char c) => char.IsAsciiLetterLower(c) ? 0 : char.IsAsciiLetterUpper(c) ? 1 : 2;
    }

    private static string? AsText(ReadOnlySpan<byte> bytes)
    {
        var printable = 0;
        foreach (var value in bytes)
        {
            printable += value is >= 0x20 and < 0x7F or >= 0xC2 and <= 0xF4 or >= 0x80 and <= 0xBF or (byte)'\n' or (byte)'\r' or (byte)'\t' ? 1 : 0;
        }

        if (printable < bytes.Length || bytes.Length < ShortestRun / 2)
        {
            return null;
        }

        try
        {
            return Strict.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    private static void DecodeEscapes(string text, ref List<MappedText>? found)
    {
        if (text.AsSpan().IndexOfAny('%', '&', '\\') < 0)
        {
            return;
        }

        var writer = new MappedTextWriter(text.Length);
        Span<byte> bytes = stackalloc byte[4];
        var escapes = 0;
        for (var position = 0; position < text.Length;)
        {
            var length = TryPercent(text, position, bytes, out var rune);
            length = length > 0 ? length : TryReference(text, position, out rune);
            if (length > 0)
            {
                escapes++;
                writer.Append(rune.ToString(), position, position + length);
                position += length;
            }
            else
            {
                writer.Append(text[position], position, ++position);
            }
        }

        if (escapes >= 3)
        {
            (found ??= []).Add(writer.ToMappedText());
        }
    }

    private static int TryPercent(string text, int position, Span<byte> bytes, out Rune rune)
    {
        rune = default;
        var count = 0;
        while (count < 4 && position + 3 * count + 2 < text.Length && text[position + 3 * count] == '%'
            && byte.TryParse(text.AsSpan(position + 3 * count + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out bytes[count]))
        {
            count++;
            if (Rune.DecodeFromUtf8(bytes[..count], out rune, out _) == OperationStatus.Done)
            {
                return 3 * count;
            }
        }

        return 0;
    }

    // &#105; &#x69; \u0069 \x69
    private static int TryReference(string text, int position, out Rune rune)
    {
        rune = default;
        var rest = text.AsSpan(position);
        if (rest.StartsWith("&#"))
        {
            var end = rest[..Math.Min(rest.Length, 10)].IndexOf(';');
            if (end < 3)
            {
                return 0;
            }

            var isHex = rest[2] is 'x' or 'X';
            return int.TryParse(rest[(isHex ? 3 : 2)..end], isHex ? NumberStyles.AllowHexSpecifier : NumberStyles.None, CultureInfo.InvariantCulture, out var value)
                && Rune.TryCreate(value, out rune) ? end + 1 : 0;
        }

        var digits = rest.StartsWith("\\u") ? 4 : rest.StartsWith("\\x") ? 2 : 0;
        return digits > 0 && rest.Length >= 2 + digits
            && int.TryParse(rest.Slice(2, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code)
            && Rune.TryCreate(code, out rune) ? 2 + digits : 0;
    }

    // Tag characters U+E0020..U+E007E spell ASCII that no reader sees.
    private static void DecodeTags(string text, ref List<MappedText>? found)
    {
        if (!text.Contains('\uDB40'))
        {
            return;
        }

        var writer = new MappedTextWriter(16);
        for (var position = 0; position + 1 < text.Length; position++)
        {
            if (text[position] == '\uDB40' && text[position + 1] is >= '\uDC20' and <= '\uDC7E')
            {
                writer.Append((char)(text[position + 1] - '\uDC00'), position, position + 2);
            }
        }

        var hidden = writer.ToMappedText();
        if (hidden.Text.Length > 0)
        {
            (found ??= []).Add(hidden);
        }
    }
}
