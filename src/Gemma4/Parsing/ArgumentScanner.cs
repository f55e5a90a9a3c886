using System.Text.Json;

namespace Gemma4.Parsing;

/// <summary>Scans a call's arguments once from left to right and writes them as JSON.</summary>
internal sealed class ArgumentScanner
{
    /// <summary>How deep arguments may nest; System.Text.Json's own default.</summary>
    public const int MaxDepth = 64;

    private readonly string _text;
    private readonly char[] _closers = new char[MaxDepth];
    private readonly QuotedText _quoted;
    private readonly RawText _raw;
    private int _depth;

    public ArgumentScanner(string text, int position)
    {
        _text = text;
        Position = position;
        _quoted = new QuotedText(text);
        _raw = new RawText(text);
    }

    public int Position { get; private set; }

    public string? Error { get; private set; }

    /// <summary>The text ended before the brackets did.</summary>
    public bool IsCutOff { get; private set; }

    public bool UsedRawText { get; private set; }

    private bool AtEnd => Position == _text.Length;

    /// <summary>Reads from the opening bracket, round or curly, to its counterpart.</summary>
    public bool ReadAll(Utf8JsonWriter writer, ParameterSchema schema)
    {
        var isRound = _text[Position++] == '(';
        SkipWhiteSpace();
        if (isRound && !AtEnd && _text[Position] == '{')
        {
            // call:name({...}): the round brackets say nothing of their own.
            Position++;
            isRound = false;
        }

        return ReadObject(writer, schema, isRound ? ')' : '}');
    }

    private bool ReadObject(Utf8JsonWriter? writer, ParameterSchema schema, char closer)
    {
        if (!Enter(closer))
        {
            return false;
        }

        writer?.WriteStartObject();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (true)
        {
            SkipWhiteSpace();
            if (AtEnd)
            {
                IsCutOff = true;
                break;
            }

            if (IsCloser(_text[Position]))
            {
                Position++;
                break;
            }

            if (!ReadKey(out var key))
            {
                return false;
            }

            SkipWhiteSpace();
            if (key is null || AtEnd)
            {
                // Cut off inside the key or before its value: there is nothing to pass on.
                IsCutOff = true;
                break;
            }

            // The first of two values of one key wins; the second is read only to get past it.
            var target = seen.Add(key) ? writer : null;
            target?.WritePropertyName(JsonText.WellFormed(key));
            if (!ReadValue(target, schema.Property(key), new RawTextScope(schema, seen, IsArray: false)) || !ReadSeparator())
            {
                return false;
            }
        }

        writer?.WriteEndObject();
        _depth--;
        return true;
    }

    private bool ReadArray(Utf8JsonWriter? writer, ParameterSchema items)
    {
        if (!Enter(']'))
        {
            return false;
        }

        writer?.WriteStartArray();
        while (true)
        {
            SkipWhiteSpace();
            if (AtEnd)
            {
                IsCutOff = true;
                break;
            }

            if (_text[Position] == ']')
            {
                Position++;
                break;
            }

            if (!ReadValue(writer, items, new RawTextScope(default, null, IsArray: true)) || !ReadSeparator())
            {
                return false;
            }
        }

        writer?.WriteEndArray();
        _depth--;
        return true;
    }

    private bool Enter(char closer)
    {
        if (_depth == MaxDepth)
        {
            return Fail($"its arguments nest more than {MaxDepth} deep");
        }

        _closers[_depth++] = closer;
        return true;
    }

    private bool ReadSeparator()
    {
        SkipWhiteSpace();
        if (AtEnd || IsCloser(_text[Position]))
        {
            return true;
        }

        if (_text[Position] == ',')
        {
            Position++;
            return true;
        }

        return FailExpecting("',' or a closing bracket");
    }

    // A null key: the text ended inside it.
    private bool ReadKey(out string? key)
    {
        key = null;
        var c = _text[Position];
        int end;
        if (c == ToolCallReader.Delimiter)
        {
            end = _text.IndexOf(ToolCallReader.Delimiter, Position + 1);
            if (end < 0)
            {
                return true;
            }

            key = _text[(Position + 1)..end++];
        }
        else if (c is '"' or '\'' && _quoted.TryRead(Position, QuotedText.Use.Key, out key, out end))
        {
        }
        else
        {
            end = Position;
            while (end < _text.Length && !EndsBareKey(_text[end]))
            {
                end++;
            }

            if (end == _text.Length)
            {
                return true;
            }

            key = _text[Position..end].Trim();
            if (_text[end] == ToolCallReader.Delimiter)
            {
                // The key's opening delimiter is missing.
                end++;
            }
        }

        var start = Position;
        Position = end;
        SkipWhiteSpace();
        if (AtEnd)
        {
            return true;
        }

        if (_text[Position] is not (':' or '=') || key.Length == 0)
        {
            Position = start;
            return FailExpecting("a parameter name and ':'");
        }

        Position++;
        return true;
    }

    private bool EndsBareKey(char c) =>
        c is ':' or '=' or ',' or '{' or '}' or '[' or ']' or ToolCallReader.Delimiter || (c == ')' && IsCloser(c));

    private bool ReadValue(Utf8JsonWriter? writer, ParameterSchema schema, RawTextScope scope)
    {
        SkipWhiteSpace();
        var c = _text[Position];
        var isString = schema.IsString;
        if (c == ToolCallReader.Delimiter)
        {
            ReadDelimited(writer);
            return true;
        }

        if (c == '{' && !isString)
        {
            Position++;
            return ReadObject(writer, schema, '}');
        }

        if (c == '[' && !isString)
        {
            Position++;
            return ReadArray(writer, schema.Items);
        }

        if (c is '"' or '\'' && _quoted.TryRead(Position, QuotedText.Use.Value, out var quoted, out var end))
        {
            Position = end;
            writer?.WriteStringValue(JsonText.WellFormed(quoted));
            return true;
        }

        return ReadScalar(writer, isString) || ReadRaw(writer, isString, scope);
    }

    private void ReadDelimited(Utf8JsonWriter? writer)
    {
        var start = Position + 1;
        var end = _text.IndexOf(ToolCallReader.Delimiter, start);
        Position = end + 1;
        if (end < 0)
        {
            // Never closed: the rest is the string, but for the brackets that close the call.
            end = RawText.BeforeClosers(_text, start, _closers.AsSpan(0, _depth));
            Position = end;
        }

        writer?.WriteStringValue(JsonText.WellFormed(_text[start..end]));
    }

    private bool ReadScalar(Utf8JsonWriter? writer, bool isString)
    {
        var end = Position;
        while (end < _text.Length && !char.IsWhiteSpace(_text[end])
            && _text[end] is not (',' or '}' or ']' or ')' or ToolCallReader.Delimiter))
        {
            end++;
        }

        if (!JsonText.EndsValue(_text, end) || !JsonText.TryScalar(_text.AsSpan(Position, end - Position), out var json)
            || (isString && json != "null"))
        {
            return false;
        }

        Position = end;
        writer?.WriteRawValue(json);
        return true;
    }

    private bool ReadRaw(Utf8JsonWriter? writer, bool isString, RawTextScope scope)
    {
        var start = Position;
        var end = _raw.FindEnd(start, isString, scope, _closers.AsSpan(0, _depth), out var next);
        var value = _text.AsSpan(start, end - start).Trim();
        if (value.IsEmpty && !isString)
        {
            return FailExpecting("a value");
        }

        UsedRawText = true;
        Position = next;
        writer?.WriteStringValue(JsonText.WellFormed(RawText.Clean(value)));
        return true;
    }

    // The outermost bracket may be closed by either kind: models that open with '(' mix the two.
    private bool IsCloser(char c) => c == _closers[_depth - 1] || (_depth == 1 && c is ')' or '}');

    private void SkipWhiteSpace()
    {
        while (Position < _text.Length && char.IsWhiteSpace(_text[Position]))
        {
            Position++;
        }
    }

    private bool FailExpecting(string what) => Fail($"{what} was expected at '{ToolCallReader.Excerpt(_text, Position)}'");

    private bool Fail(string error)
    {
        Error = error;
        return false;
    }
}
