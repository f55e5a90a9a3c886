using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Gemma4.ModelBuilder.Graphs;

/// <summary>
/// Rounds rows of floats to 4 or 8 bits, one scale a block, in the layout of ONNX Runtime's MatMulNBits:
/// value = (q - 2^(bits-1)) * scale, low nibble first.
/// </summary>
internal static class BlockQuantizer
{
    /// <param name="values">Whole rows, their length a multiple of <paramref name="blockSize"/>.</param>
    /// <param name="bits">4 or 8.</param>
    /// <param name="blockSize">Values that share a scale, a multiple of 16.</param>
    /// <param name="packed">bits/8 bytes a value.</param>
    /// <param name="scales">One a block.</param>
    /// <param name="rounding">How 4-bit scales are chosen.</param>
    public static void Quantize(
        ReadOnlySpan<float> values,
        int bits,
        int blockSize,
        Span<byte> packed,
        Span<float> scales,
        BlockRounding rounding = BlockRounding.LeastSquares)
    {
        var blockBytes = blockSize * bits / 8;
        for (var block = 0; block < scales.Length; block++)
        {
            var source = values.Slice(block * blockSize, blockSize);
            var target = packed.Slice(block * blockBytes, blockBytes);
            scales[block] = bits == 8
                ? QuantizeTo8(source, target)
                : FourBitBlock.Quantize(source, target, rounding);
        }
    }

    private static float QuantizeTo8(ReadOnlySpan<float> source, Span<byte> target)
    {
        var scale = Largest(source) / 127f;
        var inverse = Vector256.Create(float.IsNormal(scale) ? 1 / scale : 0);
        ref var first = ref MemoryMarshal.GetReference(source);
        for (var i = 0; i < source.Length; i += 2 * Vector256<float>.Count)
        {
            var codes = Vector256.Narrow(
                Code(ref first, i, inverse), Code(ref first, i + Vector256<float>.Count, inverse)).AsUInt16();
            Vector128.Narrow(codes.GetLower(), codes.GetUpper()).CopyTo(target[i..]);
        }

        return scale;
    }

    private static Vector256<int> Code(ref float source, int index, Vector256<float> inverse) =>
        Vector256.ConvertToInt32(Vector256.Round(Vector256.LoadUnsafe(ref source, (nuint)index) * inverse))
        + Vector256.Create(128);

    private static float Largest(ReadOnlySpan<float> values)
    {
        var largest = Vector256<float>.Zero;
        ref var first = ref MemoryMarshal.GetReference(values);
        for (var i = 0; i < values.Length; i += Vector256<float>.Count)
        {
            largest = Vector256.Max(largest, Vector256.Abs(Vector256.LoadUnsafe(ref first, (nuint)i)));
        }

        var four = Vector128.Max(largest.GetLower(), largest.GetUpper());
        return Math.Max(Math.Max(four[0], four[1]), Math.Max(four[2], four[3]));
    }
}
