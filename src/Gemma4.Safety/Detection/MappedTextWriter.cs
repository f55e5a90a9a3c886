namespace Gemma4.Safety.Detection;

/// <summary>Builds a <see cref="MappedText"/> piece by piece.</summary>
internal sealed class MappedTextWriter
{
    private char[] _text;
    private int[] _starts;
    private int[] _ends;
    private int _length;

    public MappedTextWriter(int capacity)
    {
        _text = new char[Math.Max(capacity, 16)];
        _starts = new int[_text.Length];
        _ends = new int[_text.Length];
    }

    /// <summary>Adds a character made from the original stretch between two positions.</summary>
    public void Append(char character, int start, int end)
    {
        if (_length == _text.Length)
        {
            Array.Resize(ref _text, _length * 2);
            Array.Resize(ref _starts, _length * 2);
            Array.Resize(ref _ends, _length * 2);
        }

        _text[_length] = character;
        _starts[_length] = start;
        _ends[_length++] = end;
    }

    /// <summary>Adds characters that were all made from the same original stretch.</summary>
    public void Append(ReadOnlySpan<char> characters, int start, int end)
    {
        foreach (var character in characters)
        {
            Append(character, start, end);
        }
    }

    public MappedText ToMappedText() =>
        new(new string(_text, 0, _length), _starts[.._length], _ends[.._length]);
}
