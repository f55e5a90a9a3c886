using System.Text;

namespace Gemma4.Parsing;

/// <summary>The small questions of JSON's grammar that the argument scanner asks.</summary>
internal static class JsonText
{
    /// <summary>Whether a value may end here: a comma, a closing bracket or the end follows.</summary>
    public static bool EndsValue(string text, int position)
    {
        while (position < text.Length && char.IsWhiteSpace(text[position]))
        {
            position++;
        }

        return position == text.Length || text[position] is ',' or '}' or ']' or ')';
    }

    /// <summary>A JSON scalar, a Python literal, or a number with a bare decimal point, as JSON; digits are kept.</summary>
    public static bool TryScalar(ReadOnlySpan<char> text, out string json)
    {
        json = text switch
        {
            "true" or "True" => "true",
            "false" or "False" => "false",
            "null" or "None" => "null",
            _ => string.Empty,
        };

        return json.Length > 0 || TryNumber(text, out json);
    }

    /// <summary>The text with U+FFFD for every lone surrogate, which JSON cannot carry.</summary>
    public static string WellFormed(string text)
    {
        StringBuilder? repaired = null;
        for (var i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i]))
            {
                continue;
            }

            if (i + 1 < text.Length && char.IsSurrogatePair(text[i], text[i + 1]))
            {
                i++;
                continue;
            }

            repaired ??= new StringBuilder(text);
            repaired[i] = '\uFFFD';
        }

        return repaired?.ToString() ?? text;
    }

    private static bool TryNumber(ReadOnlySpan<char> text, out string json)
    {
        json = string.Empty;
        var i = text.StartsWith("-", StringComparison.Ordinal) ? 1 : 0;
        var wholeStart = i;
        i += Digits(text[i..]);
        var whole = i - wholeStart;
        if (whole > 1 && text[wholeStart] == '0')
        {
            return false;
        }

        var point = i < text.Length && text[i] == '.' ? i++ : -1;
        var fraction = point < 0 ? 0 : Digits(text[i..]);
        i += fraction;
        if (whole + fraction == 0)
        {
            return false;
        }

        var exponentStart = i;
        if (i < text.Length && text[i] is 'e' or 'E')
        {
            i++;
            i += i < text.Length && text[i] is '+' or '-' ? 1 : 0;
            var exponent = Digits(text[i..]);
            i += exponent;
            if (exponent == 0)
            {
                return false;
            }
        }

        if (i != text.Length)
        {
            return false;
        }

        // "108." and ".5" are numbers to the models but not to JSON.
        json = point < 0 || (whole > 0 && fraction > 0)
            ? text.ToString()
            : string.Concat(
                text[..wholeStart],
                string.Concat(whole == 0 ? "0" : text[wholeStart..point], ".", fraction == 0 ? "0" : text.Slice(point + 1, fraction)),
                text[exponentStart..]);
        return true;
    }

    private static int Digits(ReadOnlySpan<char> text)
    {
        var count = text.IndexOfAnyExceptInRange('0', '9');
        return count < 0 ? text.Length : count;
    }
}
