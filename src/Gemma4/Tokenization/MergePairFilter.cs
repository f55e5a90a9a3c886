namespace Gemma4.Tokenization;

/// <summary>Which two neighbouring characters some merge can join: where none can, a text may be cut.</summary>
/// <remarks>
/// Every neighbourhood inside a merged piece was closed by one merge, whose left part ended with the first character
/// and whose right part began with the second. So a pair seen at no merge is never inside a piece, and encoding the
/// two sides apart gives the same ids. A hash collision only means one cut less.
/// </remarks>
internal sealed class MergePairFilter
{
    private const int Bits = 22;
    private readonly ulong[] _bits = new ulong[1 << (Bits - 6)];

    /// <summary>Allows a cut nowhere; for vocabularies whose merges the character view does not describe.</summary>
    public void JoinEverything() => Array.Fill(_bits, ulong.MaxValue);

    public void Add(int first, int second)
    {
        uint index = Index(first, second);
        _bits[index >> 6] |= 1UL << (int)(index & 63);
    }

    public bool CanJoin(int first, int second)
    {
        uint index = Index(first, second);
        return (_bits[index >> 6] & (1UL << (int)(index & 63))) != 0;
    }

    private static uint Index(int first, int second)
    {
        ulong key = ((ulong)(uint)first << 21) | (uint)second;
        return (uint)((key * 0x9E3779B97F4A7C15) >> (64 - Bits));
    }
}
