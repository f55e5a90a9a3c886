using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Gemma4.OnnxRuntime;

/// <summary>Values over the start of a pinned array, which must outlive them.</summary>
internal static class PinnedValue
{
    internal static OrtValue Over<T>(T[] pinned, TensorElementType type, long[] shape, long bytes)
        where T : unmanaged => OrtValue.CreateTensorValueWithData(
            OrtMemoryInfo.DefaultInstance, type, shape, Marshal.UnsafeAddrOfPinnedArrayElement(pinned, 0), bytes);
}
