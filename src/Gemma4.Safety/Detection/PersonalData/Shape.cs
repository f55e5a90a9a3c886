namespace Gemma4.Safety.Detection.PersonalData;

/// <summary>
/// A fixed pattern of characters. <c>9</c> is a digit, <c>A</c> a letter, <c>W</c> either, <c>#</c> one of <c>- + A-F U-Y</c>
/// that belongs to the value; a space is an optional and <c>_</c> a needed separator (space, hyphen or dot); anything else is itself.
/// </summary>
internal sealed class Shape
{
    /// <summary>The longest value without its separators.</summary>
    public const int MaxValueLength = 40;

    private readonly string _pattern;

    public Shape(string pattern)
    {
        _pattern = pattern;
        StartsWithDigit = pattern[0] == '9';
        StartsWithEither = pattern[0] == 'W';
        Leads = ReadLeads(pattern);
    }

    public bool StartsWithDigit { get; }

    public bool StartsWithEither { get; }

    /// <summary>Bit n is set when a match can begin with exactly n characters of one class (digits, letters or both).</summary>
    public ulong Leads { get; }

    /// <summary>The end of the match at a position, or -1; the value without separators, in upper case, goes to the span.</summary>
    public int Match(ReadOnlySpan<char> text, int start, Span<char> value, out int valueLength)
    {
        var position = start;
        valueLength = 0;
        foreach (var expected in _pattern)
        {
            var actual = position < text.Length ? text[position] : '\0';
            switch (expected)
            {
                case '9' when char.IsAsciiDigit(actual):
                case 'W' when char.IsAsciiLetterOrDigit(actual):
                case 'A' when char.IsAsciiLetter(actual):
                case '#' when actual is '-' or '+' or (>= 'A' and <= 'F') or (>= 'U' and <= 'Y'):
                    value[valueLength++] = char.ToUpperInvariant(actual);
                    position++;
                    break;
                case ' ':
                    position += IsSeparator(actual) ? 1 : 0;
                    break;
                case '_' when IsSeparator(actual):
                    position++;
                    break;
                case '9' or 'W' or 'A' or '#' or '_':
                    return -1;
                default:
                    if (actual != expected)
                    {
                        return -1;
                    }

                    position++;
                    break;
            }
        }

        return position;
    }

    private static bool IsSeparator(char character) => character is ' ' or '-' or '.';

    private static ulong ReadLeads(string pattern)
    {
        var leads = 0UL;
        var run = 0;
        foreach (var part in pattern)
        {
            if (part == pattern[0])
            {
                run++;
            }
            else if (part == ' ')
            {
                leads |= 1UL << run;
            }
            else if (part == 'W' || (pattern[0] == 'W' && part is '9' or 'A'))
            {
                // The run may end here or go on for as long as the pattern does.
                return pattern[0] == 'W' && part != 'W' ? ~0UL : leads | (~0UL << run);
            }
            else
            {
                return leads | (1UL << run);
            }
        }

        return leads | (1UL << run);
    }
}
