using System.Text;

namespace Gemma4.Parsing;

/// <summary>The text of one open call, bounded in length and always well-formed UTF-16 when it is taken.</summary>
internal sealed class CallText
{
    /// <summary>The most text one open call may hold, in characters.</summary>
    public const int MaxLength = 1 << 20;

    private readonly StringBuilder _text = new();

    /// <summary>Appends what fits; false when something did not.</summary>
    public bool TryAppend(ReadOnlySpan<char> text)
    {
        var kept = text[..Math.Min(text.Length, MaxLength - _text.Length)];
        var start = _text.Length;
        _text.Append(kept);
        if (kept.Contains(ToolCallReader.Delimiter))
        {
            // The character that stands for the delimiter token is no character of text.
            _text.Replace(ToolCallReader.Delimiter, '\uFFFD', start, kept.Length);
        }

        return kept.Length == text.Length;
    }

    public bool TryAppendDelimiter()
    {
        if (_text.Length == MaxLength)
        {
            return false;
        }

        _text.Append(ToolCallReader.Delimiter);
        return true;
    }

    /// <summary>The whole text, after which the buffer is empty.</summary>
    public string Take()
    {
        var text = _text.ToString();
        _text.Clear();
        char[]? repaired = null;
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
            {
                i++;
            }
            else if (char.IsSurrogate(text[i]))
            {
                // Half a surrogate pair has no place in JSON, which arguments become.
                repaired ??= text.ToCharArray();
                repaired[i] = '\uFFFD';
            }
        }

        return repaired is null ? text : new string(repaired);
    }
}
