namespace Gemma4.Parsing;

/// <summary>Finds where a string that the model wrote without delimiters ends.</summary>
internal sealed class RawText
{
    // A parameter name after a comma; longer ones are prose.
    private const int MaxKeyLength = 64;

    private readonly string _text;

    public RawText(string text)
    {
        _text = text;
    }

    /// <summary>
    /// The value's end: the closing delimiter whose opening one is missing, a comma before the next member, or the
    /// enclosing bracket; <paramref name="next"/> is where to read on. A declared string of the call itself runs on until a declared member or the end instead.
    /// </summary>
    public int FindEnd(int start, bool isString, RawTextScope scope, ReadOnlySpan<char> closers, out int next)
    {
        var runsOn = isString && closers.Length == 1;
        var nesting = 0;
        for (var i = start; i < _text.Length; i++)
        {
            var c = _text[i];
            if (c == ToolCallReader.Delimiter)
            {
                if (JsonText.EndsValue(_text, i + 1))
                {
                    next = i + 1;
                    return i;
                }
            }
            else if (c == ',')
            {
                if (scope.IsArray ? nesting == 0 : (nesting == 0 || runsOn) && StartsMember(i + 1, isString, scope))
                {
                    next = i;
                    return i;
                }
            }
            else if (runsOn)
            {
                continue;
            }
            else if (c is '(' or '[' or '{')
            {
                nesting++;
            }
            else if (c is ')' or ']' or '}')
            {
                if (nesting > 0)
                {
                    nesting--;
                }
                else if (c == closers[^1] || (closers.Length == 1 && c is ')' or '}'))
                {
                    next = i;
                    return i;
                }
            }
        }

        next = BeforeClosers(_text, start, closers);
        return next;
    }

    /// <summary>The end of the text without the brackets, outermost last, that close what is open.</summary>
    public static int BeforeClosers(string text, int start, ReadOnlySpan<char> closers)
    {
        var end = text.Length;
        for (var level = 0; level < closers.Length; level++)
        {
            var last = end;
            while (last > start && char.IsWhiteSpace(text[last - 1]))
            {
                last--;
            }

            if (last == start || (text[last - 1] != closers[level] && !(level == 0 && text[last - 1] is ')' or '}')))
            {
                break;
            }

            end = last - 1;
        }

        return end;
    }

    /// <summary>The value itself: no delimiter tokens, and no quote that was opened and never closed.</summary>
    public static string Clean(ReadOnlySpan<char> value)
    {
        if (value.Length > 0 && value[0] is '"' or '\'' && value[1..].IndexOf(value[0]) < 0)
        {
            value = value[1..];
        }

        return value.ToString().Replace(ToolCallReader.Delimiter, '"');
    }

    private bool StartsMember(int position, bool isString, RawTextScope scope)
    {
        while (position < _text.Length && char.IsWhiteSpace(_text[position]))
        {
            position++;
        }

        if (!TryReadKey(position, out var key))
        {
            return false;
        }

        // In a string's text only a declared member is evidence enough, where members are declared at all.
        return isString && scope.Owner.HasProperties
            ? scope.Owner.Declares(key) && !scope.SeenKeys!.Contains(key)
            : !key.Contains(' ', StringComparison.Ordinal) || scope.Owner.Declares(key);
    }

    private bool TryReadKey(int start, out string key)
    {
        key = string.Empty;
        if (start == _text.Length)
        {
            return false;
        }

        var quote = _text[start] is '"' or '\'' or ToolCallReader.Delimiter ? _text[start] : '\0';
        var first = quote == '\0' ? start : start + 1;
        var limit = Math.Min(_text.Length, first + MaxKeyLength);
        var end = first;
        while (end < limit && !EndsKey(_text[end], quote))
        {
            end++;
        }

        if (end == first || end == limit)
        {
            return false;
        }

        key = _text[first..end];
        if (quote != '\0')
        {
            if (_text[end++] != quote)
            {
                return false;
            }
        }
        else
        {
            key = key.TrimEnd();
        }

        while (end < limit && _text[end] == ' ')
        {
            end++;
        }

        // "see, http://..." names no member.
        return end < _text.Length && _text[end] is ':' or '=' && !_text.AsSpan(end + 1).StartsWith("//", StringComparison.Ordinal);
    }

    private static bool EndsKey(char c, char quote) => quote != '\0'
        ? c == quote || c is '\n' or ToolCallReader.Delimiter
        : c is ':' or '=' or ',' or '\n' or '{' or '}' or '[' or ']' or '(' or ')' or '"' or ToolCallReader.Delimiter;
}
