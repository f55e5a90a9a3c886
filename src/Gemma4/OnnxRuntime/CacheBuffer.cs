using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace Gemma4.OnnxRuntime;

/// <summary>
/// Native memory of one cache tensor and the value over it. Bound as past and as present at once, so a run writes its
/// rows in place.
/// </summary>
internal sealed unsafe class CacheBuffer : SafeHandle
{
    private readonly long _rowBytes;
    private readonly int _heads;

    internal CacheBuffer(CacheTensor tensor, int capacity)
        : base(0, ownsHandle: true)
    {
        Capacity = capacity;
        _heads = tensor.Heads;
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

        Value = OrtValue.CreateTensorValueWithData(
            OrtMemoryInfo.DefaultInstance, tensor.ElementType, [1, tensor.Heads, capacity, tensor.HeadSize], handle, bytes);
    }

    public override bool IsInvalid => handle == 0;

    internal int Capacity { get; }

    internal OrtValue Value { get; }

    /// <summary>Copies the first <paramref name="tokens"/> rows of every head from a smaller buffer.</summary>
    internal void CopyFrom(CacheBuffer source, int tokens)
    {
        for (int head = 0; head < _heads; head++)
        {
            Buffer.MemoryCopy(
                (byte*)source.handle + (head * source.Capacity * _rowBytes),
                (byte*)handle + (head * Capacity * _rowBytes),
                Capacity * _rowBytes,
                tokens * _rowBytes);
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Value?.Dispose();
        }

        base.Dispose(disposing);
    }

    protected override bool ReleaseHandle()
    {
        NativeMemory.Free((void*)handle);
        return true;
    }
}
