using System.Text;

namespace Gemma4.Prompting;

/// <summary>Collects segments. The caller says what is control; text is never looked into.</summary>
internal sealed class SegmentBuilder
{
    private readonly List<PromptSegment> _segments = [];
    private readonly StringBuilder _plain = new();

    public SegmentBuilder Control(string token)
    {
        FlushPlain();
        _segments.Add(new PromptSegment(token, true));
        return this;
    }

    public SegmentBuilder Plain(string text)
    {
        _plain.Append(text);
        return this;
    }

    /// <summary>Text between two string delimiters.</summary>
    public SegmentBuilder Quoted(string text) => Control(ControlToken.Quote).Plain(text).Control(ControlToken.Quote);

    public IReadOnlyList<PromptSegment> ToSegments()
    {
        FlushPlain();
        return _segments.ToArray();
    }

    private void FlushPlain()
    {
        if (_plain.Length == 0)
        {
            return;
        }

        _segments.Add(new PromptSegment(_plain.ToString(), false));
        _plain.Clear();
    }
}
