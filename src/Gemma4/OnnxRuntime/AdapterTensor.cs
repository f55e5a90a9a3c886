using Microsoft.ML.OnnxRuntime.Tensors;

namespace Gemma4.OnnxRuntime;

/// <summary>One tensor of an adapter file: where its bytes lie in the file, and what they are.</summary>
internal sealed record AdapterTensor(string Name, TensorElementType Type, long[] Shape, int Offset, int ByteCount);
