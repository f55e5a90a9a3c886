using System.Numerics;
using System.Runtime.InteropServices;

namespace Gemma4.OnnxRuntime;

/// <summary>Widens 16-bit floats; the vocabulary is wide enough for a plain loop to show in the time per token.</summary>
internal static class HalfFloats
{
    // 2^112: shifts the exponent from half's bias (15) to float's (127); subnormals come out right as well.
    private static readonly float Rebias = BitConverter.UInt32BitsToSingle((127u + 112u) << 23);

    internal static void Widen(ReadOnlySpan<ushort> source, Span<float> destination)
    {
        int index = 0;
        if (Vector.IsHardwareAccelerated)
        {
            int width = Vector<ushort>.Count;
            for (; index <= source.Length - width; index += width)
            {
                Vector.Widen(new Vector<ushort>(source[index..]), out Vector<uint> low, out Vector<uint> high);
                Widen(low).CopyTo(destination[index..]);
                Widen(high).CopyTo(destination[(index + (width / 2))..]);
            }
        }

        ReadOnlySpan<Half> rest = MemoryMarshal.Cast<ushort, Half>(source);
        for (; index < source.Length; index++)
        {
            destination[index] = (float)rest[index];
        }
    }

    private static Vector<float> Widen(Vector<uint> bits)
    {
        Vector<uint> magnitude = bits & new Vector<uint>(0x7fff);
        Vector<uint> scaled = Vector.AsVectorUInt32(Vector.AsVectorSingle(magnitude << 13) * new Vector<float>(Rebias));
        Vector<uint> special = Vector.GreaterThanOrEqual(magnitude, new Vector<uint>(0x7c00)) & new Vector<uint>(0x7f800000);
        return Vector.AsVectorSingle(scaled | special | ((bits & new Vector<uint>(0x8000)) << 16));
    }
}
