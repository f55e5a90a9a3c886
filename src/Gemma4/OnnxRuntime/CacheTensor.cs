using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Gemma4.OnnxRuntime;

/// <summary>One key or value cache of the graph: its names and the shape [1, heads, tokens, head size].</summary>
/// <param name="PastName">The graph's input.</param>
/// <param name="PresentName">The graph's output.</param>
/// <param name="ElementType">32-bit or 16-bit floats or, in a graph that rounds them itself, 8-bit integers.</param>
/// <param name="Heads">Key and value heads.</param>
/// <param name="HeadSize">Numbers of one row.</param>
/// <param name="Window">How many of the last tokens it keeps; null for all.</param>
internal sealed record CacheTensor(
    string PastName, string PresentName, TensorElementType ElementType, int Heads, int HeadSize, CacheWindow? Window = null)
{
    /// <summary>Outputs of layers that borrow this cache, to be bound over it: they give it back with nothing added.</summary>
    internal IReadOnlyList<string> UnchangedNames { get; init; } = [];

    internal int ElementBytes => ElementType switch
    {
        TensorElementType.Float => sizeof(float),
        TensorElementType.Int8 => sizeof(sbyte),
        _ => sizeof(ushort),
    };

    internal long BytesPerToken => (long)Heads * HeadSize * ElementBytes;

    /// <summary>Binds a value over the cache wherever the graph reads or writes it in place.</summary>
    internal void Bind(OrtIoBinding binding, OrtValue value)
    {
        binding.BindInput(PastName, value);
        binding.BindOutput(PresentName, value);
        BindUnchanged(binding, value);
    }

    /// <param name="binding">The binding.</param>
    /// <param name="value">A value over the cache; null for a run that scores nothing, in which these outputs are empty.</param>
    internal void BindUnchanged(OrtIoBinding binding, OrtValue? value)
    {
        foreach (string name in UnchangedNames)
        {
            if (value is null)
            {
                binding.BindOutputToDevice(name, OrtMemoryInfo.DefaultInstance);
            }
            else
            {
                binding.BindOutput(name, value);
            }
        }
    }

    /// <summary>Rows of a buffer that serves sequences of up to <paramref name="tokens"/> tokens.</summary>
    internal int RowsFor(int tokens) => Window is null ? tokens : Math.Min(tokens, Window.Capacity);
}
