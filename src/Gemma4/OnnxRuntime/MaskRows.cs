using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Gemma4.OnnxRuntime;

/// <summary>
/// A mask [sequences, columns] of ones and then zeros, as wide as the buffers: a longer sequence changes a number and
/// needs no new value, and the zeros count for nothing.
/// </summary>
internal sealed class MaskRows(TensorElementType type)
{
    private readonly PinnedIntegers _numbers = new(type);
    private int _columns;
    private int[] _ones = [];

    /// <summary>A value over the mask, all zeros. Values made before must no longer be used.</summary>
    internal OrtValue CreateValue(int rows, int columns)
    {
        if (_numbers.Capacity < rows * columns)
        {
            _numbers.Grow(rows * columns);
        }

        _numbers.Fill(0);
        (_columns, _ones) = (columns, new int[rows]);
        return _numbers.CreateValue([rows, columns]);
    }

    internal void Set(int row, int ones)
    {
        int start = row * _columns;
        _numbers.Fill(start + Math.Min(ones, _ones[row]), start + Math.Max(ones, _ones[row]), ones > _ones[row] ? 1 : 0);
        _ones[row] = ones;
    }
}
