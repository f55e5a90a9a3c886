using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace Gemma4.OnnxRuntime;

/// <summary>
/// Native memory of one cache tensor. A cache that is written in place is bound over its whole capacity; one that grows
/// lies packed at the start of the buffer.
/// </summary>
internal sealed unsafe class CacheBuffer : SafeHandle
{
    private readonly CacheTensor _tensor;
    private readonly long _rowBytes;

    internal CacheBuffer(CacheTensor tensor, int capacity)
        : base(0, ownsHandle: true)
    {
        Capacity = capacity;
        _tensor = tensor;
        _rowBytes = (long)tensor.HeadSize * tensor.ElementBytes;
        long bytes = tensor.BytesPerToken * capacity;

        // Zeroed, because a masked weight of 0 times a stray NaN would still be NaN. Large blocks come zeroed anyway.
        try
        {
            SetHandle((nint)NativeMemory.AllocZeroed((nuint)bytes));
        }
        catch (OutOfMemoryException exception)
        {
            throw new Gemma4ModelException(string.Create(CultureInfo.InvariantCulture, $"{bytes} bytes of attention cache for {capacity} tokens could not be allocated. Lower OnnxRuntimeOptions.MaxContextTokens or KvCacheMemoryBudget, or free memory."), exception);
        }
    }

    public override bool IsInvalid => handle == 0;

    internal int Capacity { get; }

    /// <summary>A value [1, heads, tokens, head size] over the start of the buffer, which must outlive it.</summary>
    internal OrtValue CreateValue(int tokens) => OrtValue.CreateTensorValueWithData(
        OrtMemoryInfo.DefaultInstance,
        _tensor.ElementType,
        [1, _tensor.Heads, tokens, _tensor.HeadSize],
        handle,
        _tensor.BytesPerToken * tokens);

    /// <summary>
    /// Copies the first <paramref name="tokens"/> rows of every head. The heads begin <paramref name="sourceStride"/>
    /// rows apart in the source and <paramref name="stride"/> rows here.
    /// </summary>
    internal void CopyFrom(CacheBuffer source, int sourceStride, int stride, int tokens)
    {
        for (int head = 0; head < _tensor.Heads; head++)
        {
            Buffer.MemoryCopy(
                (byte*)source.handle + (head * sourceStride * _rowBytes),
                (byte*)handle + (head * stride * _rowBytes),
                (_tensor.BytesPerToken * Capacity) - (head * stride * _rowBytes),
                tokens * _rowBytes);
        }
    }

    protected override bool ReleaseHandle()
    {
        NativeMemory.Free((void*)handle);
        return true;
    }
}
