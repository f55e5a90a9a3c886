using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Gemma4.ModelBuilder.Graphs;

/// <summary>
/// Rounds one block to the grid scale * (-8..7), choosing the scale of least squared error. Candidates lie in the lanes of
/// a vector and the weights are walked one by one, so sums have the same order, and the bytes are the same, on every
/// processor. For given codes the best scale is sum(w*q) / sum(q*q), and it leaves sum(w*w) - sum(w*q)^2 / sum(q*q).
/// </summary>
internal static class FourBitBlock
{
    private const float Lowest = -8;
    private const float Highest = 7;

    // Where a candidate puts the extreme on the grid. Beyond 8 it is clipped, which pays when it stands alone.
    private static readonly Vector256<float> Fine = Vector256.Create(8f, 7f, 7.25f, 7.5f, 7.75f, 8.25f, 8.5f, 8.75f);
    private static readonly Vector256<float> Clipped = Vector256.Create(9f, 9.5f, 10f, 10.75f, 11.5f, 12.5f, 14f, 6.5f);

    // A block that was rounded before may use a part of its grid only.
    private static readonly Vector256<float> Small = Vector256.Create(6f, 5f, 4f, 3f, 2f, 1f, 6f, 6f);
    private static readonly Vector256<float> Near =
        Vector256.Create(1f, 0.965f, 0.975f, 0.985f, 1.015f, 1.025f, 1.035f, 1.045f);

    private static readonly Vector256<float> Nearer =
        Vector256.Create(0.955f, 0.97f, 0.98f, 0.99f, 1.01f, 1.02f, 1.03f, 1.04f);

    // Products rounded to bfloat16 lie up to 2^-8 of their value beside the grid: 6 steps, and the extreme is off as well.
    private const float GridTolerance = 6f / 128;
    private const float Closeness = 1f / 64;
    private const int HalvesAround = 6;

    /// <summary>Writes two codes a byte, low nibble first, each code 8 above its step; returns the scale.</summary>
    public static float Quantize(ReadOnlySpan<float> weights, Span<byte> target, BlockRounding rounding)
    {
        var extreme = Extreme(weights);
        if (!float.IsNormal(extreme / 16))
        {
            // Zeros, or so near to it that their inverse overflows.
            target.Fill(0x88);
            return 0;
        }

        if (rounding == BlockRounding.Extreme)
        {
            Pack(weights, Lowest / extreme, target, out _, out _);
            return extreme / Lowest;
        }

        var inverse = Search(weights, extreme);
        Pack(weights, inverse, target, out var products, out var squares);
        return Settle(weights, target, extreme, products / squares);
    }

    private static float Search(ReadOnlySpan<float> weights, float extreme)
    {
        if (OnSmallGrid(weights, extreme) is { } exact)
        {
            return exact;
        }

        var toExtreme = Vector256.Create(-1 / extreme);
        var best = new Candidate(0, -1, 0);
        Try(weights, Fine * toExtreme, Clipped * toExtreme, ref best);
        // Once more around the scale that suits the best codes.
        var around = Vector256.Create(1 / best.Scale);
        Try(weights, Near * around, Nearer * around, ref best);
        return best.Inverse;
    }

    private static void Try(
        ReadOnlySpan<float> weights,
        Vector256<float> first,
        Vector256<float> second,
        ref Candidate best)
    {
        var (low, high) = (Vector256.Create(Lowest), Vector256.Create(Highest));
        var (products, squares) = (Vector256<float>.Zero, Vector256<float>.Zero);
        var (moreProducts, moreSquares) = (Vector256<float>.Zero, Vector256<float>.Zero);
        foreach (var weight in weights)
        {
            var value = Vector256.Create(weight);
            var code = Vector256.Min(Vector256.Max(Vector256.Round(value * first), low), high);
            var other = Vector256.Min(Vector256.Max(Vector256.Round(value * second), low), high);
            products += value * code;
            squares += code * code;
            moreProducts += value * other;
            moreSquares += other * other;
        }

        Take(first, products, squares, ref best);
        Take(second, moreProducts, moreSquares, ref best);
    }

    private static void Take(
        Vector256<float> inverses, Vector256<float> products, Vector256<float> squares, ref Candidate best)
    {
        // A lane whose codes are all 0 is no number here and never wins.
        var gains = products * products / squares;
        if (!Vector256.GreaterThanAny(gains, Vector256.Create(best.Gain)))
        {
            return;
        }

        for (var lane = 0; lane < Vector256<float>.Count; lane++)
        {
            if (gains.GetElement(lane) > best.Gain)
            {
                best = new Candidate(inverses.GetElement(lane), gains.GetElement(lane),
                    products.GetElement(lane) / squares.GetElement(lane));
            }
        }
    }

    /// <summary>The inverse scale of a grid whose largest step is 1 to 6, if all weights lie on one.</summary>
    private static float? OnSmallGrid(ReadOnlySpan<float> weights, float extreme)
    {
        var inverses = Small * Vector256.Create(-1 / extreme);
        var tolerance = Vector256.Create(GridTolerance);
        var worst = Vector256<float>.Zero;
        foreach (var weight in weights)
        {
            var place = Vector256.Create(weight) * inverses;
            worst = Vector256.Max(worst, Vector256.Abs(place - Vector256.Round(place)));
            if (Vector256.GreaterThanAll(worst, tolerance))
            {
                return null;
            }
        }

        // The coarsest grid that fits: the finer ones are multiples of it.
        for (var lane = 5; lane >= 0; lane--)
        {
            if (worst.GetElement(lane) <= GridTolerance)
            {
                return inverses.GetElement(lane);
            }
        }

        return null;
    }

    /// <summary>
    /// Weights that were products of a scale and a step keep that very scale, so that a model trained for 4 bits is not
    /// rounded a second time: the 16-bit scale whose products give the stored weights, bit for bit or after the rounding
    /// to bfloat16 in which such models are published.
    /// </summary>
    private static float Settle(ReadOnlySpan<float> weights, ReadOnlySpan<byte> codes, float extreme, float scale)
    {
        if (!IsOnGrid(weights, codes, scale, Closeness))
        {
            return scale;
        }

        var step = 0;
        for (var i = 0; i < weights.Length && step == 0; i++)
        {
            step = weights[i] == extreme ? Code(codes, i) : 0;
        }

        var own = extreme / step;
        if (IsOnGrid(weights, codes, own, 0))
        {
            return own;
        }

        var middle = BitConverter.HalfToUInt16Bits((Half)scale);
        for (var distance = 0; distance <= 2 * HalvesAround; distance++)
        {
            // 0, 1, -1, 2, -2, ... steps away.
            var bits = middle + ((distance + 1) / 2 * ((distance & 1) == 1 ? 1 : -1));
            var half = (float)BitConverter.UInt16BitsToHalf((ushort)bits);
            if (GivesStored(weights, codes, half))
            {
                return half;
            }
        }

        return scale;
    }

    private static bool IsOnGrid(ReadOnlySpan<float> weights, ReadOnlySpan<byte> codes, float scale, float tolerance)
    {
        for (var i = 0; i < weights.Length; i++)
        {
            if (!(Math.Abs((scale * Code(codes, i)) - weights[i]) <= tolerance * Math.Abs(weights[i])))
            {
                return false;
            }
        }

        return true;
    }

    private static bool GivesStored(ReadOnlySpan<float> weights, ReadOnlySpan<byte> codes, float scale)
    {
        for (var i = 0; i < weights.Length; i++)
        {
            var product = scale * Code(codes, i);
            if (product != weights[i] && ToBFloat16(product) != weights[i] && (float)(Half)product != weights[i])
            {
                return false;
            }
        }

        return true;
    }

    private static float ToBFloat16(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        return BitConverter.UInt32BitsToSingle((bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000);
    }

    private static int Code(ReadOnlySpan<byte> codes, int index) => ((codes[index / 2] >> (4 * (index & 1))) & 15) - 8;

    private static void Pack(
        ReadOnlySpan<float> weights, float inverse, Span<byte> target, out float products, out float squares)
    {
        var (product, square) = (Vector256<float>.Zero, Vector256<float>.Zero);
        ref var source = ref MemoryMarshal.GetReference(weights);
        for (var i = 0; i < weights.Length; i += 2 * Vector256<float>.Count)
        {
            var codes = Step(ref source, i, inverse, ref product, ref square);
            var more = Step(ref source, i + Vector256<float>.Count, inverse, ref product, ref square);
            // Two codes of 16 bits in a lane of 32 become one byte.
            var lanes = Vector256.Narrow(codes, more).AsUInt32();
            lanes = (lanes | Vector256.ShiftRightLogical(lanes, 12)) & Vector256.Create(0xFFu);
            var shorts = Vector128.Narrow(lanes.GetLower(), lanes.GetUpper());
            var bytes = Vector128.Narrow(shorts, Vector128<ushort>.Zero).AsUInt64().ToScalar();
            BinaryPrimitives.WriteUInt64LittleEndian(target[(i / 2)..], bytes);
        }

        (products, squares) = (Sum(product), Sum(square));
    }

    private static Vector256<int> Step(
        ref float source, int index, float inverse, ref Vector256<float> product, ref Vector256<float> square)
    {
        var (low, high) = (Vector256.Create(Lowest), Vector256.Create(Highest));
        var value = Vector256.LoadUnsafe(ref source, (nuint)index);
        var code = Vector256.Min(Vector256.Max(Vector256.Round(value * Vector256.Create(inverse)), low), high);
        product += value * code;
        square += code * code;
        return Vector256.ConvertToInt32(code - low);
    }

    private static float Sum(Vector256<float> values)
    {
        var half = values.GetLower() + values.GetUpper();
        return half[0] + half[1] + (half[2] + half[3]);
    }

    /// <summary>The value farthest from zero; of two equally far ones the positive.</summary>
    private static float Extreme(ReadOnlySpan<float> weights)
    {
        var (smallest, largest) = (Vector256<float>.Zero, Vector256<float>.Zero);
        ref var source = ref MemoryMarshal.GetReference(weights);
        for (var i = 0; i < weights.Length; i += Vector256<float>.Count)
        {
            var value = Vector256.LoadUnsafe(ref source, (nuint)i);
            smallest = Vector256.Min(smallest, value);
            largest = Vector256.Max(largest, value);
        }

        var (mins, maxs) = (Vector128.Min(smallest.GetLower(), smallest.GetUpper()),
            Vector128.Max(largest.GetLower(), largest.GetUpper()));
        var min = Math.Min(Math.Min(mins[0], mins[1]), Math.Min(mins[2], mins[3]));
        var max = Math.Max(Math.Max(maxs[0], maxs[1]), Math.Max(maxs[2], maxs[3]));
        return max >= -min ? max : min;
    }

    private record struct Candidate(float Inverse, float Gain, float Scale);
}
