using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace Gemma4.OnnxRuntime;

/// <summary>
/// The embedding graph's share of one session. It writes into memory that is bound as the decoder's input already, so
/// nothing is copied in between and a token needs no new value.
/// </summary>
internal sealed class EmbeddingStep : IDisposable
{
    private readonly EmbeddingGraph _graph;
    private readonly OrtIoBinding _decoder;
    private readonly byte[][] _rows;
    private readonly OrtValue?[] _outputs;
    private readonly OrtValue?[] _inputs;
    private readonly OrtValue[] _features;

    // No tensor may lie at address 0, not even an empty one.
    private readonly byte[] _nothing = GC.AllocateArray<byte>(sizeof(float), pinned: true);

    internal EmbeddingStep(EmbeddingGraph graph, OrtIoBinding own, OrtIoBinding decoder)
    {
        _graph = graph;
        Binding = own;
        _decoder = decoder;
        _rows = [.. graph.Links.Select(_ => Array.Empty<byte>())];
        _outputs = new OrtValue?[graph.Links.Count];
        _inputs = new OrtValue?[graph.Links.Count];
        _features = [.. graph.EmptyFeatures.Select(feature => OrtValue.CreateTensorValueWithData(
            OrtMemoryInfo.DefaultInstance, feature.ElementType, feature.Shape, Address(_nothing), 0))];
        for (int index = 0; index < _features.Length; index++)
        {
            own.BindInput(graph.EmptyFeatures[index].Name, _features[index]);
        }
    }

    internal OrtIoBinding Binding { get; }

    /// <summary>Binds both graphs for steps of <paramref name="tokens"/> tokens.</summary>
    internal void Bind(OrtValue ids, int tokens)
    {
        Binding.BindInput(_graph.InputIds, ids);
        for (int index = 0; index < _rows.Length; index++)
        {
            LinkedTensor link = _graph.Links[index];
            if (_rows[index].Length < link.RowBytes * tokens)
            {
                _rows[index] = GC.AllocateUninitializedArray<byte>(checked((int)(link.RowBytes * tokens)), pinned: true);
            }

            nint data = Address(_rows[index]);
            OrtValue output = link.CreateValue(data, tokens, link.OutputRow);
            OrtValue input = link.SameShape ? output : link.CreateValue(data, tokens, link.InputRow);
            Binding.BindOutput(link.OutputName, output);
            _decoder.BindInput(link.InputName, input);
            Free(index);
            (_outputs[index], _inputs[index]) = (output, input);
        }
    }

    public void Dispose()
    {
        Binding.Dispose();
        Array.ForEach(_features, feature => feature.Dispose());
        for (int index = 0; index < _rows.Length; index++)
        {
            Free(index);
        }
    }

    private void Free(int index)
    {
        if (!ReferenceEquals(_inputs[index], _outputs[index]))
        {
            _inputs[index]?.Dispose();
        }

        _outputs[index]?.Dispose();
    }

    private static nint Address(byte[] pinned) => Marshal.UnsafeAddrOfPinnedArrayElement(pinned, 0);
}
