using System.Net;
using System.Net.Sockets;

namespace Gemma4.Safety.Detection.PersonalData;

/// <summary>Finds where e-mail addresses, URLs, hosts and network addresses end. Each method answers an end, or -1.</summary>
internal static class InternetScanner
{
    /// <summary>A URL is read up to this many characters; what follows is not part of the finding.</summary>
    public const int MaxUrlLength = 2048;

    private const int MaxLocalPart = 64;
    private const int MaxHost = 253;

    /// <summary>The start and end of the address around an at sign, or (-1, -1).</summary>
    public static (int Start, int End) Email(ReadOnlySpan<char> text, int at)
    {
        var start = at;
        while (start > 0 && at - start <= MaxLocalPart && IsLocalPart(text[start - 1]))
        {
            start--;
        }

        while (start < at && text[start] is '.' or '\'' or '-' or '=' or '/' or '&' or '?')
        {
            start++;
        }

        // The name of a query parameter is no part of the address in its value.
        var equals = text[start..at].LastIndexOfAny('=', '/', '&');
        start = equals >= 0 ? start + equals + 1 : start;
        if (start == at || at - start > MaxLocalPart || text[at - 1] == '.' || text[start..at].IndexOf("..") >= 0)
        {
            return (-1, -1);
        }

        var end = Host(text, at + 1, out var lastLabel);
        var label = end < 0 ? default : text[lastLabel..end];
        return label.Length >= 2 && IsAlphabetic(label) ? (start, end) : (-1, -1);
    }

    /// <summary>The end of a URL whose scheme ends before "://", path and query included.</summary>
    public static int Url(ReadOnlySpan<char> text, int afterScheme)
    {
        var end = afterScheme;
        var limit = Math.Min(text.Length, afterScheme + MaxUrlLength);
        while (end < limit && !char.IsWhiteSpace(text[end]) && text[end] is not ('"' or '<' or '>' or '`' or '{' or '}' or '|' or '\\' or '^' or '，' or '。' or '、'))
        {
            end++;
        }

        while (end > afterScheme && (text[end - 1] is '.' or ',' or ';' or ':' or '!' or '?' or '\'' or '*' or '_'
            || (text[end - 1] == ')' && text[afterScheme..end].IndexOf('(') < 0)
            || (text[end - 1] == ']' && text[afterScheme..end].IndexOf('[') < 0)))
        {
            end--;
        }

        return end - afterScheme >= 2 && char.IsLetterOrDigit(text[afterScheme]) ? end : text[afterScheme..end] is ['[', _, ..] ? end : -1;
    }

    /// <summary>The end of a host name of at least two labels; the last label's start comes out.</summary>
    public static int Host(ReadOnlySpan<char> text, int start, out int lastLabel)
    {
        lastLabel = -1;
        var position = start;
        var labels = 0;
        var limit = Math.Min(text.Length, start + MaxHost);
        while (true)
        {
            var label = position;
            while (position < limit && (char.IsLetterOrDigit(text[position]) || text[position] == '-'))
            {
                position++;
            }

            // A hyphen may stand within a label only.
            var end = position;
            while (end > label && text[end - 1] == '-')
            {
                end--;
            }

            if (end == label || text[label] == '-' || end - label > 63)
            {
                return labels >= 2 ? label - 1 : -1;
            }

            labels++;
            lastLabel = label;
            if (end < position || position + 1 >= limit || text[position] != '.' || !char.IsLetterOrDigit(text[position + 1]))
            {
                return labels >= 2 ? end : -1;
            }

            position++;
        }
    }

    /// <summary>The end of a host name without scheme that is one by its last label.</summary>
    public static int BareHost(ReadOnlySpan<char> text, int start)
    {
        var end = Host(text, start, out var lastLabel);
        if (end < 0 || (end < text.Length && text[end] is '@' or '(' or '_'))
        {
            return -1;
        }

        var label = text[lastLabel..end];
        var host = text[start..end];
        if (label.IndexOfAnyInRange('A', 'Z') >= 0 || !TopLevelDomains.IsKnown(label))
        {
            return -1;
        }

        var isShort = host.Count('.') == 1 && !(end < text.Length && text[end] == '/');
        var hasName = host[..(lastLabel - start - 1)].Length >= 2;
        return hasName && !(isShort && TopLevelDomains.IsAmbiguous(label)) ? end : -1;
    }

    /// <summary>The end of a dotted IPv4 address.</summary>
    public static int IPv4(ReadOnlySpan<char> text, int start)
    {
        var position = start;
        for (var part = 0; part < 4; part++)
        {
            var value = 0;
            var digits = 0;
            while (position < text.Length && digits < 4 && char.IsAsciiDigit(text[position]))
            {
                value = value * 10 + text[position++] - '0';
                digits++;
            }

            if (digits is 0 or 4 || value > 255 || (digits > 1 && text[position - digits] == '0'))
            {
                return -1;
            }

            if (part < 3 && !(position < text.Length && text[position++] == '.'))
            {
                return -1;
            }
        }

        var isWhole = position == text.Length
            || !(char.IsAsciiLetterOrDigit(text[position]) || (text[position] is '.' or '-' && position + 1 < text.Length && char.IsAsciiDigit(text[position + 1])));
        return isWhole ? position : -1;
    }

    /// <summary>The end of an IPv6 address, by the runtime's parser.</summary>
    public static int IPv6(ReadOnlySpan<char> text, int start)
    {
        var end = start;
        var limit = Math.Min(text.Length, start + 45);
        while (end < limit && (char.IsAsciiHexDigit(text[end]) || text[end] is ':' or '.'))
        {
            end++;
        }

        while (end > start + 2 && (text[end - 1] == '.' || (text[end - 1] == ':' && text[end - 2] != ':')))
        {
            end--;
        }

        var run = text[start..end];
        var isWhole = end == text.Length || !char.IsAsciiLetterOrDigit(text[end]);
        return isWhole && run.Count(':') >= 2 && run.IndexOfAnyInRange('0', '9') >= 0 && run.Length >= 3
            && IPAddress.TryParse(run, out var address) && address.AddressFamily == AddressFamily.InterNetworkV6 ? end : -1;
    }

    /// <summary>The end of six pairs of hexadecimal digits between colons or hyphens.</summary>
    public static int Mac(ReadOnlySpan<char> text, int start)
    {
        if (start + 17 > text.Length || text[start + 2] is not (':' or '-'))
        {
            return -1;
        }

        for (var index = 0; index < 17; index++)
        {
            var fits = index % 3 == 2 ? text[start + index] == text[start + 2] : char.IsAsciiHexDigit(text[start + index]);
            if (!fits)
            {
                return -1;
            }
        }

        var end = start + 17;
        return end == text.Length || !(char.IsAsciiLetterOrDigit(text[end]) || text[end] == text[start + 2]) ? end : -1;
    }

    private static bool IsLocalPart(char character) =>
        char.IsLetterOrDigit(character) || character is '.' or '_' or '%' or '+' or '-' or '\'' or '&' or '=' or '/' or '!' or '#' or '~';

    private static bool IsAlphabetic(ReadOnlySpan<char> label)
    {
        if (label.StartsWith("xn--", StringComparison.OrdinalIgnoreCase))
        {
            return true;
        }

        foreach (var character in label)
        {
            if (!char.IsLetter(character))
            {
                return false;
            }
        }

        return true;
    }
}
