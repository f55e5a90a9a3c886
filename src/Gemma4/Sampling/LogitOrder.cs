namespace Gemma4.Sampling;

/// <summary>Integers that compare like logits do. The logits must hold neither NaN nor negative zero.</summary>
internal static class LogitOrder
{
    /// <summary>A larger logit has a larger key.</summary>
    public static uint AscendingKey(float logit)
    {
        var bits = BitConverter.SingleToUInt32Bits(logit);
        return (bits & 0x8000_0000) != 0 ? ~bits : bits | 0x8000_0000;
    }

    /// <summary>Sorted upwards, these keys run from the largest logit to the smallest, equal logits by token id.</summary>
    public static ulong CandidateKey(float logit, int token) => ((ulong)~AscendingKey(logit) << 32) | (uint)token;

    public static int TokenOf(ulong candidateKey) => (int)(uint)candidateKey;
}
