using System.Globalization;
using System.Text;

namespace Gemma4.Parsing;

/// <summary>Reads strings in JSON's double quotes, or in single quotes.</summary>
internal sealed class QuotedText
{
    public enum Use
    {
        Key,
        Value,
    }

    private readonly string _text;

    // From here on no quote closes anything: without the memory, many open quotes would cost a scan to the end each.
    private int _noDoubleFrom = int.MaxValue;
    private int _noSingleFrom = int.MaxValue;

    public QuotedText(string text)
    {
        _text = text;
    }

    /// <summary>
    /// Reads the string whose opening quote is at <paramref name="start"/>. A quote closes it only where a value
    /// (or a key) can end, so unescaped quotes inside survive.
    /// </summary>
    public bool TryRead(int start, Use use, out string value, out int end)
    {
        var quote = _text[start];
        value = string.Empty;
        end = start;
        ref var noneFrom = ref quote == '"' ? ref _noDoubleFrom : ref _noSingleFrom;
        if (use == Use.Value && start >= noneFrom)
        {
            return false;
        }

        for (var i = start + 1; i < _text.Length; i++)
        {
            var c = _text[i];
            if (c == '\\')
            {
                i++;
            }
            else if (c == quote && Closes(i + 1, use))
            {
                value = Unescape(_text.AsSpan(start + 1, i - start - 1), quote);
                end = i + 1;
                return true;
            }
            else if (use == Use.Key && c is '\n')
            {
                return false;
            }
        }

        if (use == Use.Value)
        {
            noneFrom = start;
        }

        return false;
    }

    private bool Closes(int position, Use use)
    {
        if (use == Use.Value)
        {
            return JsonText.EndsValue(_text, position);
        }

        while (position < _text.Length && char.IsWhiteSpace(_text[position]))
        {
            position++;
        }

        return position < _text.Length && _text[position] is ':' or '=';
    }

    private static string Unescape(ReadOnlySpan<char> text, char quote)
    {
        if (!text.Contains('\\'))
        {
            return text.ToString();
        }

        var result = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\' || i + 1 == text.Length)
            {
                result.Append(text[i]);
                continue;
            }

            var escaped = text[++i];
            if (escaped == quote || escaped == '\\')
            {
                result.Append(escaped);
            }
            else if (quote == '\'')
            {
                result.Append('\\').Append(escaped);
            }
            else if (escaped == 'u' && i + 4 < text.Length && ushort.TryParse(
                text.Slice(i + 1, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var unit))
            {
                result.Append((char)unit);
                i += 4;
            }
            else
            {
                AppendJsonEscape(result, escaped);
            }
        }

        return result.ToString();
    }

    private static void AppendJsonEscape(StringBuilder result, char escaped)
    {
        switch (escaped)
        {
            case 'n':
                result.Append('\n');
                break;
            case 't':
                result.Append('\t');
                break;
            case 'r':
                result.Append('\r');
                break;
            case 'b':
                result.Append('\b');
                break;
            case 'f':
                result.Append('\f');
                break;
            case '/':
                result.Append('/');
                break;
            default:
                // No escape of JSON's: a backslash that means itself, as in a Windows path.
                result.Append('\\').Append(escaped);
                break;
        }
    }
}
