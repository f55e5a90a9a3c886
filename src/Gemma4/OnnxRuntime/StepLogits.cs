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
    private readonly int _width;

    // 32-bit graphs write to the one of two arrays that is not being read; 16-bit ones to one that is widened afterwards.
    private readonly float[][] _rows;
    private readonly OrtValue?[] _targets;
    private readonly int[] _targetRows;
    private ushort[] _halves = [];
    private int _next;

    internal StepLogits(DecoderGraph graph, int vocabularySize)
    {
        (_graph, _width) = (graph, vocabularySize);
        int arrays = IsFloat ? 2 : 1;
        _rows = new float[arrays][];
        Array.Fill(_rows, []);
        _targets = new OrtValue?[arrays];
        _targetRows = new int[arrays];
    }

    /// <summary>Number of rows that the last finished step left.</summary>
    internal int Count { get; private set; }

    /// <summary>The last row.</summary>
    internal ReadOnlySpan<float> Current => Row(Count - 1);

    private bool IsFloat => _graph.LogitsType == TensorElementType.Float;

    private int Read => IsFloat ? 1 - _next : 0;

    /// <summary>One row, 0 for the earliest position.</summary>
    internal ReadOnlySpan<float> Row(int row) => _rows[Read].AsSpan(row * _width, _width);

    /// <summary>Where the next step writes its logits, [1, rows, vocabulary].</summary>
    internal OrtValue Target(int rows)
    {
        if (_targets[_next] is { } bound && _targetRows[_next] == rows)
        {
            return bound;
        }

        MakeRoom(rows);
        long[] shape = [1, rows, _width];
        long numbers = (long)rows * _width;
        OrtValue made = IsFloat
            ? PinnedValue.Over(_rows[_next], _graph.LogitsType, shape, numbers * sizeof(float))
            : PinnedValue.Over(_halves, _graph.LogitsType, shape, numbers * sizeof(ushort));
        _targets[_next]?.Dispose();
        _targets[_next] = made;
        _targetRows[_next] = rows;
        return made;
    }

    public void Dispose() => Array.ForEach(_targets, target => target?.Dispose());

    /// <summary>Makes what was written to <see cref="Target"/> current.</summary>
    internal void Accept(int rows)
    {
        Count = rows;
        if (IsFloat)
        {
            _next = 1 - _next;
            return;
        }

        if (_rows[0].Length < rows * _width)
        {
            _rows[0] = new float[rows * _width];
        }

        HalfFloats.Widen(_halves.AsSpan(0, rows * _width), _rows[0]);
    }

    /// <summary>Makes one row of logits current that a step of several sessions gave; the graph's type decides which span is read.</summary>
    internal void Accept(ReadOnlySpan<float> row, ReadOnlySpan<ushort> halves)
    {
        MakeRoom(1);
        if (IsFloat)
        {
            row.CopyTo(_rows[_next]);
        }
        else
        {
            halves.CopyTo(_halves);
        }

        Accept(rows: 1);
    }

    /// <summary>Makes the last row of a value [1, positions, vocabulary] current.</summary>
    internal void AcceptLastRow(OrtValue value)
    {
        _graph.CheckWidth(value.GetTensorTypeAndShape().Shape[^1], _width);
        if (IsFloat)
        {
            Accept(value.GetTensorDataAsSpan<float>()[^_width..], []);
        }
        else
        {
            Accept([], MemoryMarshal.Cast<Float16, ushort>(value.GetTensorDataAsSpan<Float16>())[^_width..]);
        }
    }

    private void MakeRoom(int rows)
    {
        int needed = rows * _width;
        int present = IsFloat ? _rows[_next].Length : _halves.Length;
        if (needed <= present)
        {
            return;
        }

        // The old value lies over the old array.
        _targets[_next]?.Dispose();
        _targets[_next] = null;
        if (IsFloat)
        {
            _rows[_next] = GC.AllocateUninitializedArray<float>(needed, pinned: true);
        }
        else
        {
            _halves = GC.AllocateUninitializedArray<ushort>(needed, pinned: true);
        }
    }
}
