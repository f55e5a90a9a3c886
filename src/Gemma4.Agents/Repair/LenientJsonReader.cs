using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Gemma4.Agents.Repair;

/// <summary>A recursive reader of one JSON value that forgives spelling, never structure.</summary>
internal sealed class LenientJsonReader(string text)
{
    // Deep enough for any real argument; a hostile text must not exhaust the stack.
    private const int MaxDepth = 64;

    // Thousands of corrections of one text are tried; exceptions would make up most of the time.
    private bool _isBroken;

    /// <summary>Where the value ended.</summary>
    public int Position { get; private set; }

    public bool TryRead(out JsonNode? node)
    {
        node = Value(0);
        return !_isBroken;
    }

    private JsonNode? Value(int depth)
    {
        SkipSpace();
        if (depth > MaxDepth)
        {
            return Broken<JsonNode>();
        }

        return Peek() switch
        {
            '{' => Object(depth),
            '[' => Array(depth),
            '"' or '\'' => Text() is { } value ? JsonValue.Create(value) : null,
            _ => Word(),
        };
    }

    private JsonObject? Object(int depth)
    {
        JsonObject result = [];
        Position++;
        while (true)
        {
            SkipSpace();
            if (Peek() == '}')
            {
                Position++;
                return result;
            }

            string? key = Peek() is '"' or '\'' ? Text() : BareKey();
            SkipSpace();
            if (key is null || Peek() != ':')
            {
                return Broken<JsonObject>();
            }

            Position++;
            JsonNode? value = Value(depth + 1);
            if (_isBroken || !result.TryAdd(key, value))
            {
                return Broken<JsonObject>(); // Which of two values counts is not clear.
            }

            SkipSpace();
            if (Peek() == ',')
            {
                Position++;
            }
            else if (Peek() != '}')
            {
                return Broken<JsonObject>();
            }
        }
    }

    private JsonArray? Array(int depth)
    {
        JsonArray result = [];
        Position++;
        while (true)
        {
            SkipSpace();
            if (Peek() == ']')
            {
                Position++;
                return result;
            }

            JsonNode? item = Value(depth + 1);
            if (_isBroken)
            {
                return null;
            }

            result.Add(item);
            SkipSpace();
            if (Peek() == ',')
            {
                Position++;
            }
            else if (Peek() != ']')
            {
                return Broken<JsonArray>();
            }
        }
    }

    private string? Text()
    {
        char quote = text[Position++];
        StringBuilder result = new();
        while (true)
        {
            if (Position >= text.Length)
            {
                return Broken<string>();
            }

            char letter = text[Position++];
            if (letter == quote)
            {
                if (quote == '"' || IsClosing())
                {
                    return result.ToString();
                }

                // An apostrophe stands between letters (don't); any other inner quote could close the text as well.
                if (!char.IsLetter(text[Position - 2]) || !char.IsLetter(Peek()))
                {
                    return Broken<string>();
                }
            }

            if (letter != '\\')
            {
                result.Append(letter);
            }
            else if (Escape() is { } escaped)
            {
                result.Append(escaped);
            }
            else
            {
                return Broken<string>();
            }
        }
    }

    private bool IsClosing()
    {
        int next = Position;
        while (next < text.Length && char.IsWhiteSpace(text[next]))
        {
            next++;
        }

        return next == text.Length || text[next] is ',' or '}' or ']' or ':';
    }

    private char? Escape()
    {
        char letter = Peek();
        Position++;
        switch (letter)
        {
            case 'n': return '\n';
            case 't': return '\t';
            case 'r': return '\r';
            case 'b': return '\b';
            case 'f': return '\f';
            case 'u' when Position + 4 <= text.Length && ushort.TryParse(text.AsSpan(Position, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ushort code):
                Position += 4;
                return (char)code;
            case '"' or '\'' or '\\' or '/': return letter;
            default: return null;
        }
    }

    private string? BareKey()
    {
        int start = Position;
        while (Position < text.Length && (char.IsLetterOrDigit(text[Position]) || text[Position] is '_' or '-' or '.'))
        {
            Position++;
        }

        return Position > start ? text[start..Position] : Broken<string>();
    }

    private JsonNode? Word()
    {
        int start = Position;
        while (Position < text.Length && (char.IsLetterOrDigit(text[Position]) || text[Position] is '+' or '-' or '.'))
        {
            Position++;
        }

        string word = text[start..Position];
        switch (word)
        {
            case "null" or "None": return null;
            case "true" or "True": return JsonValue.Create(true);
            case "false" or "False": return JsonValue.Create(false);
        }

        // Not Parse with a catch: see above.
        return IsNumber(word) ? JsonNode.Parse(word) : Broken<JsonNode>();
    }

    /// <summary>The grammar of JSON: no leading zeros, digits on both sides of the point.</summary>
    public static bool IsNumber(string word)
    {
        int at = word.StartsWith('-') ? 1 : 0;
        int whole = Digits();
        if (whole == 0 || (whole > 1 && word[at - whole] == '0'))
        {
            return false;
        }

        if (at < word.Length && word[at] == '.')
        {
            at++;
            if (Digits() == 0)
            {
                return false;
            }
        }

        if (at < word.Length && word[at] is 'e' or 'E')
        {
            at += at + 1 < word.Length && word[at + 1] is '+' or '-' ? 2 : 1;
            if (Digits() == 0)
            {
                return false;
            }
        }

        return at == word.Length;

        int Digits()
        {
            int start = at;
            while (at < word.Length && char.IsAsciiDigit(word[at]))
            {
                at++;
            }

            return at - start;
        }
    }

    private T? Broken<T>()
        where T : class
    {
        _isBroken = true;
        return null;
    }

    private char Peek() => Position < text.Length ? text[Position] : '\0';

    private void SkipSpace()
    {
        while (Position < text.Length && char.IsWhiteSpace(text[Position]))
        {
            Position++;
        }
    }
}
