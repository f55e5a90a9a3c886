namespace Gemma4.Safety.Detection.PersonalData;

/// <summary>Reads international bank account numbers: the country's length and the remainder by 97 decide.</summary>
internal static class IbanScanner
{
    /// <summary>34 characters and a separator after every fourth.</summary>
    public const int MaxLength = 42;

    /// <summary>The end of the number that starts here, or -1.</summary>
    public static int Match(ReadOnlySpan<char> text, int start)
    {
        if (start + 15 > text.Length || !char.IsAsciiLetter(text[start + 1]) || !char.IsAsciiDigit(text[start + 2]) || !char.IsAsciiDigit(text[start + 3]))
        {
            return -1;
        }

        Span<char> value = stackalloc char[34];
        var length = GlobalChecks.IbanLength(char.ToUpperInvariant(text[start]), char.ToUpperInvariant(text[start + 1]));
        var count = 0;
        var position = start;
        while (count < length)
        {
            if (position < text.Length && text[position] is ' ' or '-' && count >= 2 && count > 0 && char.IsAsciiLetterOrDigit(text[position - 1]))
            {
                position++;
            }

            if (position >= text.Length || !char.IsAsciiLetterOrDigit(text[position]))
            {
                return -1;
            }

            value[count++] = char.ToUpperInvariant(text[position++]);
        }

        var isWhole = length > 0 && (position == text.Length || !char.IsAsciiLetterOrDigit(text[position]));
        return isWhole && Checksums.Iban(value[..count]) ? position : -1;
    }
}
