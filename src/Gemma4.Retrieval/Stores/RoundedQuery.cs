using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Gemma4.Retrieval.Stores;

/// <summary>A query of whole numbers for vectors of bytes, and how far their product may be from the true one.</summary>
internal sealed class RoundedQuery
{
    private const int LargestByte = 127;
    private const int LargestValue = 16_383;

    // What single precision loses in a sum of products, as a share of the lengths.
    private const float SumError = 1e-5f;

    private readonly short[] _values;
    private readonly float _scale;
    private readonly float _error;

    public RoundedQuery(ReadOnlySpan<float> query, float inverseNorm)
    {
        // Small enough that no sum of products leaves 32 bits.
        int largest = Math.Min(LargestValue, int.MaxValue / (LargestByte * query.Length));
        float most = Math.Abs(TensorPrimitives.MaxMagnitude(query));
        _values = new short[query.Length];
        if (most <= 0 || !float.IsFinite(largest / most))
        {
            (_scale, _error) = (0, 1);
            return;
        }

        _scale = most / largest;
        float[] rounded = new float[query.Length];
        TensorPrimitives.Multiply(query, largest / most, rounded);
        TensorPrimitives.Round<float>(rounded, rounded);
        TensorPrimitives.ConvertSaturating<float, short>(rounded, _values);
        TensorPrimitives.Multiply(rounded, _scale, rounded);
        TensorPrimitives.Subtract(query, rounded, rounded);
        _error = (TensorPrimitives.Norm<float>(rounded) * inverseNorm) + SumError;
    }

    /// <summary>The product with a row of bytes, in the measure of both scales.</summary>
    public float Product(VectorBlock block, int row) => Dot(block.Bytes(row), _values) * block.Scales[row] * _scale;

    /// <summary>How far <see cref="Product(VectorBlock, int)"/> may be from the true product, as a share of both lengths.</summary>
    /// <remarks>With v = v' + e and q = q' + f the true product differs by v'f + eq, and |v'| is at most |v| + |e|.</remarks>
    public float Error(VectorBlock block, int row) => block.Errors[row] + ((1 + block.Errors[row]) * _error);

    /// <summary>The product of bytes and short numbers; the caller sees to it that the sum fits.</summary>
    internal static int Dot(ReadOnlySpan<sbyte> bytes, ReadOnlySpan<short> values)
    {
        ref sbyte b = ref MemoryMarshal.GetReference(bytes);
        ref short v = ref MemoryMarshal.GetReference(values);
        int at = 0;
        int sum = 0;
        if (Avx512BW.IsSupported)
        {
            Vector512<int> sums = Vector512<int>.Zero;
            for (; at <= bytes.Length - Vector256<sbyte>.Count; at += Vector256<sbyte>.Count)
            {
                Vector512<short> wide = Avx512BW.ConvertToVector512Int16(Vector256.LoadUnsafe(ref b, (nuint)at));
                sums += Avx512BW.MultiplyAddAdjacent(wide, Vector512.LoadUnsafe(ref v, (nuint)at));
            }

            sum = Vector512.Sum(sums);
        }
        else if (Avx2.IsSupported)
        {
            Vector256<int> sums = Vector256<int>.Zero;
            for (; at <= bytes.Length - Vector128<sbyte>.Count; at += Vector128<sbyte>.Count)
            {
                Vector256<short> wide = Avx2.ConvertToVector256Int16(Vector128.LoadUnsafe(ref b, (nuint)at));
                sums += Avx2.MultiplyAddAdjacent(wide, Vector256.LoadUnsafe(ref v, (nuint)at));
            }

            sum = Vector256.Sum(sums);
        }
        else if (Vector128.IsHardwareAccelerated)
        {
            Vector128<int> sums = Vector128<int>.Zero;
            for (; at <= bytes.Length - Vector128<sbyte>.Count; at += Vector128<sbyte>.Count)
            {
                (Vector128<short> low, Vector128<short> high) = Vector128.Widen(Vector128.LoadUnsafe(ref b, (nuint)at));
                sums += Product(low, Vector128.LoadUnsafe(ref v, (nuint)at)) + Product(high, Vector128.LoadUnsafe(ref v, (nuint)(at + Vector128<short>.Count)));
            }

            sum = Vector128.Sum(sums);
        }

        for (; at < bytes.Length; at++)
        {
            sum += bytes[at] * values[at];
        }

        return sum;
    }

    // The sum of both halves: the order of the summands does not matter.
    private static Vector128<int> Product(Vector128<short> a, Vector128<short> b)
    {
        (Vector128<int> lowA, Vector128<int> highA) = Vector128.Widen(a);
        (Vector128<int> lowB, Vector128<int> highB) = Vector128.Widen(b);
        return (lowA * lowB) + (highA * highB);
    }
}
