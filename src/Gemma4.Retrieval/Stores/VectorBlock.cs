using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Gemma4.Retrieval.Stores;

/// <summary>Some hundred vectors, packed, and what a prefilter needs of them.</summary>
internal sealed class VectorBlock
{
    private const float LargestByte = 127;

    // Computing an error makes an error of its own.
    private const float ErrorMargin = 1.001f;

    // Rows of up to this many values fit on the stack.
    private const int StackValues = 2048;

    private const int CacheLine = 64;

    private readonly int _dimensions;
    private readonly VectorPrefilter _prefilter;
    private readonly int _words;
    private float[] _values = []; // [row, dimension]
    private sbyte[] _bytes = []; // [row, dimension]
    private ulong[] _signs = []; // [row, word]

    public VectorBlock(int dimensions, int capacity, VectorPrefilter prefilter)
    {
        _dimensions = dimensions;
        _prefilter = prefilter;
        _words = SignBits.Words(dimensions);
        Grow(capacity);
    }

    /// <summary>Rows there is room for.</summary>
    public int Capacity => InverseNorms.Length;

    /// <summary>[row]: 1/|v|, 0 for the zero vector, NaN where the row has no vector.</summary>
    public float[] InverseNorms { get; private set; } = [];

    /// <summary>[row]: what a byte of it stands for.</summary>
    public float[] Scales { get; private set; } = [];

    /// <summary>[row]: the length of what rounding to bytes took away, as a share of the vector's own.</summary>
    public float[] Errors { get; private set; } = [];

    /// <summary>A row's values; after writing them call <see cref="Accept"/>.</summary>
    public Span<float> Row(int row) => _values.AsSpan(row * _dimensions, _dimensions);

    /// <summary>The values of several rows.</summary>
    public Span<float> Rows(int row, int count) => _values.AsSpan(row * _dimensions, count * _dimensions);

    public ReadOnlySpan<sbyte> Bytes(int row) => _bytes.AsSpan(row * _dimensions, _dimensions);

    /// <summary>Asks for a row's bytes before they are read.</summary>
    public unsafe void FetchBytes(int row)
    {
        if (!Sse.IsSupported || row >= Capacity)
        {
            return;
        }

        // Only a hint: it does no harm if the array moves meanwhile.
        byte* start = (byte*)Unsafe.AsPointer(ref _bytes[row * _dimensions]);
        for (int at = 0; at < _dimensions; at += CacheLine)
        {
            Sse.Prefetch0(start + at);
        }
    }

    /// <summary>[row, word].</summary>
    public ReadOnlySpan<ulong> Signs => _signs;

    public void Grow(int capacity)
    {
        int before = Capacity;
        _values = Larger(_values, capacity * _dimensions);
        InverseNorms = Larger(InverseNorms, capacity);
        InverseNorms.AsSpan(before).Fill(float.NaN);
        if (_prefilter == VectorPrefilter.Bytes)
        {
            _bytes = Larger(_bytes, capacity * _dimensions);
            Scales = Larger(Scales, capacity);
            Errors = Larger(Errors, capacity);
        }
        else if (_prefilter == VectorPrefilter.Signs)
        {
            _signs = Larger(_signs, capacity * _words);
        }
    }

    /// <summary>Takes the values that were written to a row.</summary>
    public void Accept(int row)
    {
        ReadOnlySpan<float> vector = Row(row);
        InverseNorms[row] = VectorDistance.InverseNorm(vector);
        if (_prefilter == VectorPrefilter.Bytes)
        {
            Round(row, vector);
        }
        else if (_prefilter == VectorPrefilter.Signs)
        {
            SignBits.Write(vector, _signs.AsSpan(row * _words, _words));
        }
    }

    private void Round(int row, ReadOnlySpan<float> vector)
    {
        float largest = Math.Abs(TensorPrimitives.MaxMagnitude(vector));
        Span<sbyte> bytes = _bytes.AsSpan(row * _dimensions, _dimensions);
        if (largest <= 0 || !float.IsFinite(LargestByte / largest))
        {
            // All of such a vector is error.
            bytes.Clear();
            (Scales[row], Errors[row]) = (0, 1);
            return;
        }

        float scale = largest / LargestByte;
        Span<float> rounded = _dimensions <= StackValues ? stackalloc float[_dimensions] : new float[_dimensions];
        TensorPrimitives.Multiply(vector, LargestByte / largest, rounded);
        TensorPrimitives.Round(rounded, rounded);
        TensorPrimitives.ConvertSaturating<float, sbyte>(rounded, bytes);
        TensorPrimitives.Multiply(rounded, scale, rounded);
        TensorPrimitives.Subtract(vector, rounded, rounded);
        (Scales[row], Errors[row]) = (scale, TensorPrimitives.Norm<float>(rounded) * InverseNorms[row] * ErrorMargin);
    }

    private static T[] Larger<T>(T[] array, int length)
    {
        // Not cleared: rows are read only after they were written.
        T[] larger = GC.AllocateUninitializedArray<T>(length);
        array.CopyTo(larger, 0);
        return larger;
    }
}
