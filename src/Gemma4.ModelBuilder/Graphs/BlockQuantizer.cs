namespace Gemma4.ModelBuilder.Graphs;

/// <summary>
/// Rounds rows of floats to 4 or 8 bits, one scale a block, in the layout of ONNX Runtime's MatMulNBits:
/// value = (q - 2^(bits-1)) * scale, low nibble first.
/// </summary>
internal static class BlockQuantizer
{
    /// <param name="values">Whole rows, their length a multiple of <paramref name="blockSize"/>.</param>
    /// <param name="bits">4 or 8.</param>
    /// <param name="blockSize">Values that share a scale.</param>
    /// <param name="packed">bits/8 bytes a value.</param>
    /// <param name="scales">One a block.</param>
    public static void Quantize(
        ReadOnlySpan<float> values, int bits, int blockSize, Span<byte> packed, Span<float> scales)
    {
        var blockBytes = blockSize * bits / 8;
        for (var block = 0; block < scales.Length; block++)
        {
            var source = values.Slice(block * blockSize, blockSize);
            var target = packed.Slice(block * blockBytes, blockBytes);
            scales[block] = bits == 8 ? QuantizeTo8(source, target) : QuantizeTo4(source, target);
        }
    }

    private static float QuantizeTo8(ReadOnlySpan<float> source, Span<byte> target)
    {
        var scale = Math.Abs(Extreme(source)) / 127f;
        var inverse = scale == 0 ? 0 : 1 / scale;
        for (var i = 0; i < source.Length; i++)
        {
            target[i] = (byte)(Round(source[i] * inverse, -128, 127) + 128);
        }

        return scale;
    }

    private static float QuantizeTo4(ReadOnlySpan<float> source, Span<byte> target)
    {
        // The side with the largest value gets the eighth step, so the extreme itself is exact.
        var scale = Extreme(source) / -8f;
        var inverse = scale == 0 ? 0 : 1 / scale;
        for (var i = 0; i < target.Length; i++)
        {
            var low = Round(source[2 * i] * inverse, -8, 7) + 8;
            var high = Round(source[(2 * i) + 1] * inverse, -8, 7) + 8;
            target[i] = (byte)(low | (high << 4));
        }

        return scale;
    }

    private static int Round(float value, int min, int max) => Math.Clamp((int)MathF.Round(value), min, max);

    /// <summary>The value farthest from zero, with its sign.</summary>
    private static float Extreme(ReadOnlySpan<float> values)
    {
        var extreme = 0f;
        foreach (var value in values)
        {
            if (Math.Abs(value) > Math.Abs(extreme))
            {
                extreme = value;
            }
        }

        return extreme;
    }
}
