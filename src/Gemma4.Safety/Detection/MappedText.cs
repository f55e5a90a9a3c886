namespace Gemma4.Safety.Detection;

/// <summary>A text derived from another one, with the way back for every character.</summary>
internal sealed class MappedText
{
    private readonly int[]? _starts; // [derived position] -> first original position; null when the text is unchanged in length
    private readonly int[]? _ends;   // [derived position] -> position after the last original one

    /// <summary>A text whose characters stand where the original's stand.</summary>
    public MappedText(string text) => Text = text;

    /// <summary>A text whose characters come from the given original stretches.</summary>
    public MappedText(string text, int[] starts, int[] ends)
    {
        Text = text;
        _starts = starts;
        _ends = ends;
    }

    /// <summary>The derived text.</summary>
    public string Text { get; }

    /// <summary>The original position at which what stands here begins; the original's end when the derived text ends here.</summary>
    public int OriginalStart(int position) =>
        _starts is null || _ends is null ? position
        : position < _starts.Length ? _starts[position]
        : _ends.Length == 0 ? 0 : _ends[^1];

    /// <summary>The original stretch from which the derived stretch was made.</summary>
    public (int Start, int Length) ToOriginal(int start, int length)
    {
        if (_starts is null || _ends is null)
        {
            return (start, length);
        }

        var first = _starts[start];
        var end = _ends[start];
        for (var position = start + 1; position < start + length; position++)
        {
            first = Math.Min(first, _starts[position]);
            end = Math.Max(end, _ends[position]);
        }

        return (first, end - first);
    }
}
