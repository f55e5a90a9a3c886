using System.Text;
using Microsoft.Extensions.AI;

namespace Gemma4.Parsing;

/// <summary>The way out for text: watches for stop sequences and puts the rest into contents.</summary>
internal sealed class VisibleText
{
    private readonly StopSequenceFilter? _stops;
    private readonly StringBuilder _visible = new();

    public VisibleText(IReadOnlyList<string>? stopSequences)
    {
        _stops = StopSequenceFilter.Create(stopSequences);
    }

    public string? MatchedStopSequence => _stops?.Matched;

    public void Show(ReadOnlySpan<char> text, IList<AIContent> output)
    {
        if (_stops is not null)
        {
            _stops.Append(text, _visible);
            TakeVisible(output);
        }
        else if (!text.IsEmpty)
        {
            output.Add(new TextContent(text.ToString()));
        }
    }

    /// <summary>Something other than text follows: no stop sequence reaches across it.</summary>
    public void Flush(IList<AIContent> output)
    {
        if (_stops is not null)
        {
            _stops.Flush(_visible);
            TakeVisible(output);
        }
    }

    private void TakeVisible(IList<AIContent> output)
    {
        if (_visible.Length > 0)
        {
            output.Add(new TextContent(_visible.ToString()));
            _visible.Clear();
        }
    }
}
