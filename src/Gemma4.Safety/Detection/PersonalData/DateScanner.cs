namespace Gemma4.Safety.Detection.PersonalData;

/// <summary>Reads calendar dates; they become findings only after a word about birth.</summary>
internal static class DateScanner
{
    public static readonly string[] BirthWords =
    [
        "born", "birth", "birthday", "dob", "d.o.b", "birthdate", "geboren", "geburtsdatum", "geb.", "né le", "née le", "naissance", "nacido",
        "nacida", "nacimiento", "nato il", "nata il", "nascita", "nascido", "nascimento", "geboortedatum", "urodz", "född", "дата рождения", "出生", "生年月日",
    ];

    private static readonly string[] Months =
    [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec", "mai", "mär", "okt", "dez", "fév", "fev", "avr",
        "jui", "aoû", "déc", "ene", "abr", "ago", "dic", "gen", "mag", "giu", "lug", "set", "ott",
    ];

    /// <summary>The end of a date that starts here, or -1.</summary>
    public static int Match(ReadOnlySpan<char> text, int start)
    {
        if (char.IsAsciiDigit(text[start]))
        {
            var first = Digits(text, start);
            var after = start + first;
            if (after < text.Length && text[after] is '/' or '-' or '.' or '年')
            {
                return Numeric(text, start, first, after);
            }

            // 5 March 1980, 5th of March 1980
            return first <= 2 ? Year(text, Month(text, SkipOrdinal(text, after))) : -1;
        }

        // March 5, 1980
        var month = Month(text, start);
        var day = month < 0 ? 0 : Digits(text, SkipSpaces(text, month));
        return day is 1 or 2 ? Year(text, SkipOrdinal(text, SkipSpaces(text, month) + day)) : -1;
    }

    private static int Numeric(ReadOnlySpan<char> text, int start, int first, int separator)
    {
        var second = Digits(text, separator + 1);
        var third = separator + 1 + second;
        if (second is not (1 or 2) || third >= text.Length || (text[third] != text[separator] && text[third] != '月'))
        {
            return -1;
        }

        var last = Digits(text, third + 1);
        var end = third + 1 + last;
        var a = Checksums.Number(text.Slice(start, first));
        var b = Checksums.Number(text.Slice(separator + 1, second));
        var fits = first == 4
            ? last is 1 or 2 && a is >= 1850 and <= 2100 && b is >= 1 and <= 12
            : first <= 2 && last is 2 or 4 && a <= 31 && b <= 31 && Math.Min(a, b) is >= 1 and <= 12;
        return fits ? (end < text.Length && text[end] == '日' ? end + 1 : end) : -1;
    }

    private static int Digits(ReadOnlySpan<char> text, int start)
    {
        var end = start;
        while (end < text.Length && end - start < 5 && char.IsAsciiDigit(text[end]))
        {
            end++;
        }

        return end - start;
    }

    private static int SkipSpaces(ReadOnlySpan<char> text, int position)
    {
        while (position < text.Length && text[position] is ' ' or '.' or ',')
        {
            position++;
        }

        return position;
    }

    private static int SkipOrdinal(ReadOnlySpan<char> text, int position)
    {
        if (position >= text.Length)
        {
            return position;
        }

        var rest = text[position..];
        position += rest.StartsWith("st") || rest.StartsWith("nd") || rest.StartsWith("rd") || rest.StartsWith("th") || rest.StartsWith("er") ? 2 : 0;
        position = SkipSpaces(text, position);
        rest = text[position..];
        return rest.StartsWith("of ") || rest.StartsWith("de ") ? position + 3 : position;
    }

    private static int Month(ReadOnlySpan<char> text, int start)
    {
        if (start + 3 > text.Length)
        {
            return -1;
        }

        foreach (var month in Months)
        {
            if (text.Slice(start, 3).Equals(month, StringComparison.OrdinalIgnoreCase))
            {
                var end = start + 3;
                while (end < text.Length && end - start < 10 && char.IsLetter(text[end]))
                {
                    end++;
                }

                return end;
            }
        }

        return -1;
    }

    private static int Year(ReadOnlySpan<char> text, int position)
    {
        if (position < 0 || position >= text.Length)
        {
            return -1;
        }

        position = SkipSpaces(text, position);
        if (text[position..].StartsWith("de "))
        {
            position += 3;
        }

        return Digits(text, position) == 4 && text[position] is '1' or '2' ? position + 4 : -1;
    }
}
