namespace Gemma4.Safety.Detection.PersonalData;

/// <summary>Reads a pair of decimal degrees precise enough to name a house.</summary>
internal static class CoordinateScanner
{
    private const int FractionDigits = 4; // 11 metres at the equator

    /// <summary>The end of "latitude, longitude" that starts here, or -1.</summary>
    public static int Match(ReadOnlySpan<char> text, int start)
    {
        var middle = Degrees(text, start, 90);
        if (middle < 0)
        {
            return -1;
        }

        var position = middle;
        while (position < text.Length && position - middle < 4 && text[position] is ' ' or ',' or ';' or '°' or 'N' or 'S')
        {
            position++;
        }

        return position > middle && position < text.Length ? Degrees(text, position, 180) : -1;
    }

    private static int Degrees(ReadOnlySpan<char> text, int start, int limit)
    {
        var position = text[start] is '-' or '+' ? start + 1 : start;
        var whole = 0;
        var digits = 0;
        while (position < text.Length && digits < 4 && char.IsAsciiDigit(text[position]))
        {
            whole = whole * 10 + text[position++] - '0';
            digits++;
        }

        if (digits is 0 or 4 || whole > limit || position >= text.Length || text[position] != '.')
        {
            return -1;
        }

        var fraction = ++position;
        while (position < text.Length && position - fraction < 16 && char.IsAsciiDigit(text[position]))
        {
            position++;
        }

        return position - fraction >= FractionDigits ? position : -1;
    }
}
