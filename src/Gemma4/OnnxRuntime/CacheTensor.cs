using Microsoft.ML.OnnxRuntime.Tensors;

namespace Gemma4.OnnxRuntime;

/// <summary>One key or value cache of the graph: its names and the shape [1, heads, tokens, head size].</summary>
/// <param name="PastName">The graph's input.</param>
/// <param name="PresentName">The graph's output.</param>
/// <param name="ElementType">32-bit or 16-bit floats.</param>
/// <param name="Heads">Key and value heads.</param>
/// <param name="HeadSize">Numbers of one row.</param>
/// <param name="Window">How many of the last tokens it keeps; null for all.</param>
internal sealed record CacheTensor(
    string PastName, string PresentName, TensorElementType ElementType, int Heads, int HeadSize, CacheWindow? Window = null)
{
    internal int ElementBytes => ElementType == TensorElementType.Float ? sizeof(float) : sizeof(ushort);

    internal long BytesPerToken => (long)Heads * HeadSize * ElementBytes;

    /// <summary>Rows of a buffer that serves sequences of up to <paramref name="tokens"/> tokens.</summary>
    internal int RowsFor(int tokens) => Window is null ? tokens : Math.Min(tokens, Window.Capacity);
}
