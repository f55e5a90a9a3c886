using Microsoft.ML.OnnxRuntime.Tensors;

namespace Gemma4.OnnxRuntime;

/// <summary>One key or value cache of the graph: its names and the shape [1, heads, tokens, head size].</summary>
internal sealed record CacheTensor(
    string PastName, string PresentName, TensorElementType ElementType, int Heads, int HeadSize)
{
    internal int ElementBytes => ElementType == TensorElementType.Float ? sizeof(float) : sizeof(ushort);

    internal long BytesPerToken => (long)Heads * HeadSize * ElementBytes;
}
