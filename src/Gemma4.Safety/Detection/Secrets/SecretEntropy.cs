using System.Buffers;

namespace Gemma4.Safety.Detection.Secrets;

/// <summary>Tells random values from words.</summary>
internal static class SecretEntropy
{
    private const int MinRandomLength = 16;
    private const double MinBitsPerCharacter = 3.2; // English words have less than 3 over so short a text
    private const int MinPasswordLength = 6;
    private const int MaxPasswordLength = 64;

    private static readonly SearchValues<char> Brackets = SearchValues.Create("(){}[]");

    /// <summary>A value without spaces, at least 16 long, of several kinds of characters and of high entropy.</summary>
    public static bool LooksRandom(ReadOnlySpan<char> value) =>
        value.Length >= MinRandomLength && value.IndexOf(' ') < 0 && value.IndexOfAny(Brackets) < 0 && Kinds(value) >= 2
        && value.IndexOfAnyInRange('0', '9') >= 0 && BitsPerCharacter(value) >= MinBitsPerCharacter;

    /// <summary>A value that a person may have chosen: no sentence, and after a colon in prose no plain word either.</summary>
    public static bool LooksLikePassword(ReadOnlySpan<char> value, bool isAssigned) =>
        value.Length is >= MinPasswordLength and <= MaxPasswordLength && value.IndexOf(' ') < 0 && value.IndexOfAny("(){}") < 0
        && Kinds(value) >= (isAssigned ? 2 : 3);

    /// <summary>Shannon's entropy of the characters' frequencies.</summary>
    public static double BitsPerCharacter(ReadOnlySpan<char> value)
    {
        Span<int> counts = stackalloc int[128];
        counts.Clear();
        foreach (var character in value)
        {
            counts[character & 127]++;
        }

        var bits = 0.0;
        foreach (var count in counts)
        {
            if (count > 0)
            {
                var share = (double)count / value.Length;
                bits -= share * Math.Log2(share);
            }
        }

        return bits;
    }

    // Upper case, lower case, digits, signs.
    private static int Kinds(ReadOnlySpan<char> value)
    {
        var kinds = 0;
        foreach (var character in value)
        {
            kinds |= char.IsUpper(character) ? 1 : char.IsLower(character) ? 2 : char.IsDigit(character) ? 4 : 8;
        }

        return System.Numerics.BitOperations.PopCount((uint)kinds);
    }
}
