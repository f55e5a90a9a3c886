using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Gemma4.OnnxRuntime;

/// <summary>
/// What the embedding graph gives and the decoder takes, one row a token. Exports differ in how they cut the row into
/// axes, [layers x width] or [layers, width]; the memory is the same.
/// </summary>
internal sealed record LinkedTensor(
    string OutputName, string InputName, TensorElementType ElementType, long[] OutputRow, long[] InputRow)
{
    internal long RowBytes { get; } =
        OutputRow.Aggregate(1L, (product, size) => product * size) * (ElementType == TensorElementType.Float ? sizeof(float) : sizeof(ushort));

    internal bool SameShape { get; } = OutputRow.SequenceEqual(InputRow);

    internal OrtValue CreateValue(nint data, int tokens, long[] row) => OrtValue.CreateTensorValueWithData(
        OrtMemoryInfo.DefaultInstance, ElementType, [1, tokens, .. row], data, RowBytes * tokens);
}
