using Microsoft.Extensions.AI;

namespace Gemma4.Parsing;

/// <summary>A thought's text as it streams, without the header and the newline that the template writes around it.</summary>
internal sealed class ThoughtText
{
    private const string Header = "thought\n";

    private int _headerMatched = -1;
    private bool _holdsNewline;

    /// <summary>The model opened a thought, so a header is to come.</summary>
    public void Open() => _headerMatched = 0;

    public void Append(ReadOnlySpan<char> text, IList<AIContent> output)
    {
        while (_headerMatched >= 0 && !text.IsEmpty)
        {
            if (text[0] != Header[_headerMatched])
            {
                var matched = Header[.._headerMatched];
                _headerMatched = -1;
                Show(matched, output);
                break;
            }

            text = text[1..];
            if (++_headerMatched == Header.Length)
            {
                _headerMatched = -1;
            }
        }

        Show(text, output);
    }

    public void Close(IList<AIContent> output)
    {
        // "thought" without its newline is still only the header; a part of the word is not.
        if (_headerMatched > 0 && _headerMatched < Header.Length - 1)
        {
            Show(Header.AsSpan(0, _headerMatched), output);
        }

        _headerMatched = -1;
        _holdsNewline = false;
    }

    // One newline belongs to the closing token, so a newline is held until something follows it.
    private void Show(ReadOnlySpan<char> text, IList<AIContent> output)
    {
        if (text.IsEmpty)
        {
            return;
        }

        var held = _holdsNewline ? "\n" : string.Empty;
        _holdsNewline = text[^1] == '\n';
        var shown = string.Concat(held, _holdsNewline ? text[..^1] : text);
        if (shown.Length > 0)
        {
            output.Add(new TextReasoningContent(shown));
        }
    }
}
