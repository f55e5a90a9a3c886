using System.Text;
using System.Text.Encodings.Web;

namespace Gemma4.Cli.Json;

/// <summary>
/// Escapes only what JSON demands and what some readers take for the end of a line (U+0085, U+2028, U+2029), since an
/// answer is one line. The framework's relaxed encoder would write an emoji as twelve letters.
/// </summary>
internal sealed class RawJsonEncoder : JavaScriptEncoder
{
    public static RawJsonEncoder Instance { get; } = new();

    public override int MaxOutputCharactersPerInputCharacter => 6;

    public override bool WillEncode(int unicodeScalar) => unicodeScalar is < 0x20 or '"' or '\\' or (>= 0x7F and < 0xA0) or 0x2028 or 0x2029;

    public override unsafe int FindFirstCharacterToEncode(char* text, int textLength)
    {
        for (var i = 0; i < textLength; i++)
        {
            if (WillEncode(text[i]))
            {
                return i;
            }

            if (char.IsSurrogate(text[i]))
            {
                if (i + 1 >= textLength || !char.IsSurrogatePair(text[i], text[i + 1]))
                {
                    return i;
                }

                i++;
            }
        }

        return -1;
    }

    public override unsafe bool TryEncodeUnicodeScalar(int unicodeScalar, char* buffer, int bufferLength, out int numberOfCharactersWritten)
    {
        Span<char> destination = new(buffer, bufferLength);
        if (!WillEncode(unicodeScalar))
        {
            return new Rune(unicodeScalar).TryEncodeToUtf16(destination, out numberOfCharactersWritten);
        }

        string escaped = unicodeScalar switch
        {
            '"' => "\\\"",
            '\\' => "\\\\",
            '\n' => "\\n",
            '\r' => "\\r",
            '\t' => "\\t",
            _ => $"\\u{unicodeScalar:x4}",
        };
        numberOfCharactersWritten = escaped.AsSpan().TryCopyTo(destination) ? escaped.Length : 0;
        return numberOfCharactersWritten > 0;
    }
}
