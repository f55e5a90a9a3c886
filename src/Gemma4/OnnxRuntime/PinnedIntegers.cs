using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Gemma4.OnnxRuntime;

/// <summary>
/// A pinned row of integers that values are made over; the runtime reads it in place, so writing it is
/// all a step needs when the shape stays the same.
/// </summary>
internal sealed class PinnedIntegers(TensorElementType type)
{
    private long[] _storage = [];

    internal int Capacity => type == TensorElementType.Int64 ? _storage.Length : _storage.Length * 2;

    /// <summary>Makes room; values made before stay over the old memory and must be made again.</summary>
    internal void Grow(int count) => _storage = GC.AllocateArray<long>(count, pinned: true);

    internal void Set(int index, int number)
    {
        if (type == TensorElementType.Int64)
        {
            _storage[index] = number;
        }
        else
        {
            MemoryMarshal.Cast<long, int>(_storage.AsSpan())[index] = number;
        }
    }

    /// <summary>Writes <paramref name="number"/> into all places from <paramref name="from"/> up to <paramref name="to"/>, exclusive.</summary>
    internal void Fill(int from, int to, int number)
    {
        if (type == TensorElementType.Int64)
        {
            _storage.AsSpan(from..to).Fill(number);
        }
        else
        {
            MemoryMarshal.Cast<long, int>(_storage.AsSpan())[from..to].Fill(number);
        }
    }

    internal void Fill(int number)
    {
        if (type == TensorElementType.Int64)
        {
            _storage.AsSpan().Fill(number);
        }
        else
        {
            MemoryMarshal.Cast<long, int>(_storage.AsSpan()).Fill(number);
        }
    }

    /// <summary>A value [rows, columns] over the first numbers. The array must outlive it.</summary>
    internal OrtValue CreateValue(long[] shape) => OrtValue.CreateTensorValueWithData(
        OrtMemoryInfo.DefaultInstance,
        type,
        shape,
        Marshal.UnsafeAddrOfPinnedArrayElement(_storage, 0),
        shape[0] * shape[1] * (type == TensorElementType.Int64 ? sizeof(long) : sizeof(int)));
}
