using System.Text;
using Gemma4.Sampling.Constraints.Characters;
using Gemma4.Sampling.Constraints.Grammars;

namespace Gemma4.Sampling.Constraints;

/// <summary>Tokens made of whole characters of one set, and the tree of all the others.</summary>
internal sealed class TokenSlice
{
    private readonly (int Token, int Chars)[] _byLength;

    private TokenSlice(ulong[] bits, (int, int)[] byLength, TokenTrie rest)
    {
        Bits = bits;
        _byLength = byLength;
        Rest = rest;
    }

    /// <summary>The characters that stand for themselves in a JSON string.</summary>
    public static CharSet JsonStringChars { get; } =
        CharSet.Any.Except(CharSet.Of((0, 0x1F), ('"', '"'), ('\\', '\\')));

    public ulong[] Bits { get; }

    public TokenTrie Rest { get; }

    public static TokenSlice Create(SliceKind kind, ReadOnlySpan<int> sorted, int vocabularySize, TokenTrie.BytesOf bytesOf)
    {
        var bits = new ulong[(vocabularySize + 63) / 64];
        var inside = new List<(int Token, int Chars)>();
        var outside = new List<int>();
        foreach (var token in sorted)
        {
            var chars = CountChars(kind, bytesOf(token));
            if (chars > 0)
            {
                bits[token / 64] |= 1UL << (token % 64);
                inside.Add((token, chars));
            }
            else
            {
                outside.Add(token);
            }
        }

        inside.Sort(static (a, b) => a.Chars.CompareTo(b.Chars));
        return new TokenSlice(bits, [.. inside], new TokenTrie([.. outside], bytesOf));
    }

    /// <summary>Sets the tokens of at most so many characters.</summary>
    public void AddShort(ulong[] mask, int maxChars)
    {
        foreach (var (token, chars) in _byLength)
        {
            if (chars > maxChars)
            {
                break;
            }

            mask[token / 64] |= 1UL << (token % 64);
        }
    }

    private static int CountChars(SliceKind kind, ReadOnlySpan<byte> bytes)
    {
        if (kind == SliceKind.All)
        {
            return bytes.Length;
        }

        var count = 0;
        while (!bytes.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(bytes, out var rune, out var used) != System.Buffers.OperationStatus.Done
                || !IsInside(kind, rune.Value))
            {
                return -1;
            }

            bytes = bytes[used..];
            count++;
        }

        return count;
    }

    private static bool IsInside(SliceKind kind, int scalar) => kind switch
    {
        SliceKind.JsonString => scalar is >= 0x20 and not ('"' or '\\'),
        SliceKind.Verbatim => scalar != 0xFFFF,
        _ => scalar is not ('\n' or '\r' or 0x2028 or 0x2029 or 0xFFFF),
    };
}
