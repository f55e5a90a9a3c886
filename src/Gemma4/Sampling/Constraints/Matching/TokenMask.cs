namespace Gemma4.Sampling.Constraints.Matching;

/// <summary>The tokens that may come next, as a slice and the few others, or bit by bit where they are many.</summary>
internal sealed class TokenMask
{
    private readonly ulong[]? _bits; // of the slice, or of everything
    private readonly int[] _others;

    public TokenMask(ulong[]? bits, bool ownsBits, int[] others)
    {
        _bits = bits;
        _others = others;
        Bytes = 64 + (others.Length * 4L) + (ownsBits ? bits!.Length * 8L : 0);
        IsEmpty = bits is null && others.Length == 0;
        Only = bits is null && others.Length == 1 ? others[0] : -1;
    }

    /// <summary>Memory that only this mask holds.</summary>
    public long Bytes { get; }

    public bool IsEmpty { get; }

    /// <summary>The one token that may come, or -1.</summary>
    public int Only { get; }

    public bool WasUsed { get; set; }

    public void Fill(Span<ulong> mask)
    {
        if (_bits is null)
        {
            mask.Clear();
        }
        else
        {
            var shared = Math.Min(mask.Length, _bits.Length);
            _bits.AsSpan(0, shared).CopyTo(mask);
            mask[shared..].Clear();
        }

        foreach (var token in _others)
        {
            // A model may have fewer logits than the tokenizer has tokens.
            if (token / 64 < mask.Length)
            {
                mask[token / 64] |= 1UL << (token % 64);
            }
        }
    }
}
