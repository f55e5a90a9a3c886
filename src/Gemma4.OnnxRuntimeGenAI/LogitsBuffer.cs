using System.Globalization;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Gemma4.OnnxRuntimeGenAI.Native;

namespace Gemma4.OnnxRuntimeGenAI;

/// <summary>The logits of the last position as ordinary floats, whatever element type the library gives.</summary>
internal sealed unsafe class LogitsBuffer
{
    private const int Float32 = 1;
    private const int Float16 = 10;
    private const int BFloat16 = 16;
    private const int MaxRank = 8;

    private readonly float[] _values; // [vocabulary]

    internal LogitsBuffer(int vocabularySize) => _values = new float[vocabularySize];

    internal ReadOnlySpan<float> Values => _values;

    /// <summary>Copies the last row of <paramref name="logits"/>, which has the shape [.., vocabulary].</summary>
    internal void Accept(OgaTensorHandle logits)
    {
        const string Failure = "The logits could not be read";
        OgaResult.Check(Oga.TensorGetType(logits, out int type), Failure);
        OgaResult.Check(Oga.TensorGetShapeRank(logits, out nuint rank), Failure);
        long* shape = stackalloc long[MaxRank];
        if (rank is 0 or > MaxRank)
        {
            throw Unexpected($"have rank {rank}");
        }

        OgaResult.Check(Oga.TensorGetShape(logits, shape, rank), Failure);
        OgaResult.Check(Oga.TensorGetData(logits, out void* data), Failure);
        long width = shape[rank - 1];
        long rows = 1;
        for (int index = 0; index < (int)rank - 1; index++)
        {
            rows *= shape[index];
        }

        if (width != _values.Length || rows < 1 || data == null)
        {
            throw Unexpected(string.Create(CultureInfo.InvariantCulture, $"are {rows} rows of {width}, and the model has {_values.Length} tokens"));
        }

        long start = (rows - 1) * width;
        switch (type)
        {
            case Float32:
                new ReadOnlySpan<float>((float*)data + start, _values.Length).CopyTo(_values);
                break;
            case Float16:
                TensorPrimitives.ConvertToSingle(new ReadOnlySpan<Half>((Half*)data + start, _values.Length), _values);
                break;
            case BFloat16:
                Widen(new ReadOnlySpan<ushort>((ushort*)data + start, _values.Length), MemoryMarshal.Cast<float, uint>(_values.AsSpan()));
                break;
            default:
                throw Unexpected(string.Create(CultureInfo.InvariantCulture, $"have element type {type}; float32, float16 and bfloat16 are understood"));
        }
    }

    // A bfloat16 is the upper half of a float.
    private static void Widen(ReadOnlySpan<ushort> source, Span<uint> destination)
    {
        for (int index = 0; index < source.Length; index++)
        {
            destination[index] = (uint)source[index] << 16;
        }
    }

    private static Gemma4ModelException Unexpected(string what) =>
        new($"The logits of onnxruntime-genai {what}. Check that model and genai_config.json (vocab_size) belong together.");
}
