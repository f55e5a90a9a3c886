namespace Gemma4.Safety.Detection.PersonalData;

/// <summary>Reads telephone numbers in international and national writing.</summary>
internal static class PhoneScanner
{
    /// <summary>The longest writing, an extension included.</summary>
    public const int MaxLength = 36;

    private static readonly string[] Context =
    [
        "phone", "telephone", "tel", "call", "cell", "mobile", "fax", "dial", "whatsapp", "sms", "reach", "ring", "contact", "hotline",
        "telefon", "telefono", "teléfono", "téléphone", "telefone", "handy", "portable", "celular", "móvil", "rufnummer", "numer", "電話", "电话", "телефон", "тел",
        "number is", "number:", "answering", "registered",
    ];

    /// <summary>The end and confidence of a number that starts here, or (-1, 0).</summary>
    public static (int End, double Score) Match(ReadOnlySpan<char> text, int start)
    {
        Span<char> digits = stackalloc char[18];
        Span<int> groups = stackalloc int[12];
        var count = 0;
        var groupCount = 0;
        var position = text[start] == '+' ? start + 1 : start;
        var end = position;
        var opened = false;
        var hasParentheses = false;
        var dots = 0;
        var limit = Math.Min(text.Length, start + MaxLength);
        while (position < limit && count < 17)
        {
            var character = text[position];
            if (char.IsAsciiDigit(character))
            {
                if (position != end || groupCount == 0)
                {
                    dots += position > end && text[position - 1] == '.' ? 1 : 0;
                    if (groupCount == groups.Length)
                    {
                        return (-1, 0);
                    }

                    groups[groupCount++] = 0;
                }

                digits[count++] = character;
                groups[groupCount - 1]++;
                end = ++position;
            }
            else if (character == '(' && !opened && !hasParentheses)
            {
                opened = hasParentheses = true;
                position++;
            }
            else if (character == ')' && opened)
            {
                opened = false;
                position++;
            }
            else if (character is ' ' or '-' or '.' or '/' && position - end < 2)
            {
                position++;
            }
            else
            {
                break;
            }
        }

        if (opened || count is < 7 or > 15 || EndsInside(text, end))
        {
            return (-1, 0);
        }

        var score = Score(digits[..count], groups[..groupCount], text[start], hasParentheses, dots);
        var hasContext = score < 1 && ContextWords.Precede(text, start, Context);
        if (score == 0 && hasContext && count <= 13)
        {
            score = groupCount > 1 || count is >= 9 and <= 12 ? 0.6 : 0.55;
        }

        return score > 0 ? (Extension(text, end), hasContext ? Math.Max(score, 0.75) : score) : (-1, 0);
    }

    private static double Score(ReadOnlySpan<char> digits, ReadOnlySpan<int> groups, char first, bool hasParentheses, int dots)
    {
        if (first == '+')
        {
            return digits.Length >= 8 && digits[0] != '0' ? 0.9 : 0;
        }

        if (groups.Length == 1 || LooksLikeDate(digits, groups))
        {
            return 0;
        }

        if (digits.StartsWith("00") && digits[2] != '0' && digits.Length >= 10)
        {
            return 0.7;
        }

        var hasTrunk = digits.Length == 11 && digits[0] == '1' && groups[0] == 1;
        var nanp = hasTrunk ? groups[1..] : groups;
        var area = hasTrunk ? digits[1..] : digits;
        if (area.Length == 10 && nanp is [3, 3, 4] or [3, 7] && area[0] >= '2')
        {
            return hasParentheses || nanp.Length == 3 ? 0.75 : 0.4;
        }

        if (hasParentheses && first == '(' && groups[0] is >= 2 and <= 5 && digits.Length is >= 7 and <= 12)
        {
            return 0.6;
        }

        return digits[0] == '0' && digits.Length is >= 9 and <= 12 && groups.Length >= 2 && groups[0] is >= 2 and <= 5 && dots != 1 ? 0.5 : 0;
    }

    private static bool LooksLikeDate(ReadOnlySpan<char> digits, ReadOnlySpan<int> groups) =>
        (groups is [4, 2, 2, ..] && digits is ['1' or '2', _, _, _, '0' or '1', ..])
        || (groups is [2, 2, 4, ..] or [1, 2, 4, ..] or [2, 1, 4, ..] && digits[(groups[0] + groups[1])..] is ['1' or '2', '0' or '8' or '9', ..]);

    // More digits or letters right behind the number make it part of something else.
    private static bool EndsInside(ReadOnlySpan<char> text, int end)
    {
        if (end == text.Length)
        {
            return false;
        }

        var next = text[end];
        return (char.IsAsciiLetterOrDigit(next) && next is not ('x' or 'X'))
            || next is '_' or '%' || (next is '-' or '.' or '/' or ',' or ':' && end + 1 < text.Length && char.IsAsciiDigit(text[end + 1]));
    }

    private static int Extension(ReadOnlySpan<char> text, int end)
    {
        var position = end;
        while (position < text.Length && text[position] is ' ' or ',')
        {
            position++;
        }

        var rest = text[position..];
        var mark = rest.StartsWith("ext", StringComparison.OrdinalIgnoreCase) ? 3 : rest.Length > 0 && rest[0] is 'x' or 'X' ? 1 : 0;
        if (mark == 0)
        {
            return end;
        }

        position += mark;
        while (position < text.Length && text[position] is ' ' or '.')
        {
            position++;
        }

        var first = position;
        while (position < text.Length && position - first < 6 && char.IsAsciiDigit(text[position]))
        {
            position++;
        }

        return position > first ? position : end;
    }
}
