namespace Gemma4.Tokenization;

/// <summary>The ids a text starts from: one per character that is a piece, bytes for the others.</summary>
internal sealed class CharacterTable
{
    private readonly int[] _basic = new int[0x10000];
    private readonly Dictionary<int, int> _supplementary = [];
    private readonly int[] _bytes;

    /// <param name="bytes">The ids of the 256 byte pieces.</param>
    public CharacterTable(int[] bytes)
    {
        _bytes = bytes;
        Array.Fill(_basic, -1);
    }

    public void Add(int scalar, int id)
    {
        if (scalar < _basic.Length)
        {
            _basic[scalar] = id;
        }
        else
        {
            _supplementary[scalar] = id;
        }
    }

    /// <summary>Writes the ids of one character, at most four.</summary>
    /// <returns>How many.</returns>
    public int Expand(int scalar, Span<int> destination)
    {
        int id = scalar < _basic.Length ? _basic[scalar] : _supplementary.GetValueOrDefault(scalar, -1);
        if (id >= 0)
        {
            destination[0] = id;
            return 1;
        }

        switch (scalar)
        {
            case < 0x80:
                destination[0] = _bytes[scalar];
                return 1;
            case < 0x800:
                destination[0] = _bytes[0xC0 | (scalar >> 6)];
                destination[1] = _bytes[0x80 | (scalar & 0x3F)];
                return 2;
            case < 0x10000:
                destination[0] = _bytes[0xE0 | (scalar >> 12)];
                destination[1] = _bytes[0x80 | ((scalar >> 6) & 0x3F)];
                destination[2] = _bytes[0x80 | (scalar & 0x3F)];
                return 3;
            default:
                destination[0] = _bytes[0xF0 | (scalar >> 18)];
                destination[1] = _bytes[0x80 | ((scalar >> 12) & 0x3F)];
                destination[2] = _bytes[0x80 | ((scalar >> 6) & 0x3F)];
                destination[3] = _bytes[0x80 | (scalar & 0x3F)];
                return 4;
        }
    }

    /// <summary>Reads one character as the model sees it: a space is U+2581, half a surrogate pair is U+FFFD.</summary>
    /// <returns>How many UTF-16 units were read, 1 or 2.</returns>
    public static int ReadScalar(ReadOnlySpan<char> text, int index, out int scalar)
    {
        char unit = text[index];
        if (!char.IsSurrogate(unit))
        {
            scalar = unit == ' ' ? SpaceMark : unit;
            return 1;
        }

        if (index + 1 < text.Length && char.IsSurrogatePair(unit, text[index + 1]))
        {
            scalar = char.ConvertToUtf32(unit, text[index + 1]);
            return 2;
        }

        scalar = 0xFFFD;
        return 1;
    }

    /// <summary>U+2581, which stands for a space in the vocabulary.</summary>
    public const char SpaceMark = '\u2581';
}
