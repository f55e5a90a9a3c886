using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Gemma4.OnnxRuntime;

/// <summary>
/// The logits of the last finished step, and room for the next ones beside them: a step that fails half way must not
/// spoil what the caller can still read. Managed memory, so a span outlives a disposed session.
/// </summary>
internal sealed class StepLogits : IDisposable
{
    private readonly DecoderGraph _graph;
    private readonly float[] _halfWidened = [];
    private readonly ushort[] _halfRow = [];
    private readonly float[][] _rows = [];
    private readonly OrtValue[] _targets;
    private int _next;

    internal StepLogits(DecoderGraph graph, int vocabularySize)
    {
        _graph = graph;
        long[] shape = [1, 1, vocabularySize];
        if (graph.LogitsType == TensorElementType.Float)
        {
            _rows = [GC.AllocateArray<float>(vocabularySize, pinned: true), GC.AllocateArray<float>(vocabularySize, pinned: true)];
            _targets = [Over(_rows[0], shape, sizeof(float)), Over(_rows[1], shape, sizeof(float))];
        }
        else
        {
            _halfRow = GC.AllocateArray<ushort>(vocabularySize, pinned: true);
            _halfWidened = new float[vocabularySize];
            _targets = [Over(_halfRow, shape, sizeof(ushort))];
        }
    }

    /// <summary>Where the next step writes one row of logits.</summary>
    internal OrtValue Target => _targets[_next];

    internal ReadOnlySpan<float> Current => _rows.Length == 0 ? _halfWidened : _rows[1 - _next];

    public void Dispose()
    {
        foreach (OrtValue target in _targets)
        {
            target.Dispose();
        }
    }

    /// <summary>Makes what was written to <see cref="Target"/> current.</summary>
    internal void Accept()
    {
        if (_rows.Length == 0)
        {
            HalfFloats.Widen(_halfRow, _halfWidened);
        }
        else
        {
            _next = 1 - _next;
        }
    }

    /// <summary>Makes one row of logits current that a step of several sessions gave; the graph's type decides which span is read.</summary>
    internal void Accept(ReadOnlySpan<float> row, ReadOnlySpan<ushort> halves)
    {
        if (_rows.Length == 0)
        {
            halves.CopyTo(_halfRow);
        }
        else
        {
            row.CopyTo(_rows[_next]);
        }

        Accept();
    }

    /// <summary>Makes the last row of a value [1, positions, vocabulary] current.</summary>
    internal void AcceptLastRow(OrtValue value)
    {
        int width = _rows.Length == 0 ? _halfWidened.Length : _rows[0].Length;
        _graph.CheckWidth(value.GetTensorTypeAndShape().Shape[^1], width);
        if (_rows.Length == 0)
        {
            MemoryMarshal.Cast<Float16, ushort>(value.GetTensorDataAsSpan<Float16>())[^width..].CopyTo(_halfRow);
        }
        else
        {
            value.GetTensorDataAsSpan<float>()[^width..].CopyTo(_rows[_next]);
        }

        Accept();
    }

    private OrtValue Over<T>(T[] row, long[] shape, int elementBytes)
        where T : unmanaged => OrtValue.CreateTensorValueWithData(
            OrtMemoryInfo.DefaultInstance,
            _graph.LogitsType,
            shape,
            Marshal.UnsafeAddrOfPinnedArrayElement(row, 0),
            (long)row.Length * elementBytes);
}
