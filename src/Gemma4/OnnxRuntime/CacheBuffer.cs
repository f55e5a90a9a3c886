using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace Gemma4.OnnxRuntime;

/// <summary>
/// Native memory of one cache tensor for one or several sequences, a slot each: [slot, head, row, head size]. A cache
/// that is written in place is bound over its whole capacity; one that grows lies packed at the start of the buffer.
/// </summary>
internal sealed unsafe class CacheBuffer : SafeHandle
{
    private readonly CacheTensor _tensor;
    private readonly long _rowBytes;

    internal CacheBuffer(CacheTensor tensor, int capacity, int slots = 1)
        : base(0, ownsHandle: true)
    {
        Capacity = capacity;
        Slots = slots;
        _tensor = tensor;
        _rowBytes = (long)tensor.HeadSize * tensor.ElementBytes;
        long bytes = SlotBytes * slots;

        // Zeroed, because a masked weight of 0 times a stray NaN would still be NaN. Large blocks come zeroed anyway.
        try
        {
            SetHandle((nint)NativeMemory.AllocZeroed((nuint)bytes));
        }
        catch (OutOfMemoryException exception)
        {
            throw new Gemma4ModelException(string.Create(CultureInfo.InvariantCulture, $"{bytes} bytes of attention cache for {slots} times {capacity} tokens could not be allocated. Lower OnnxRuntimeOptions.MaxContextTokens or KvCacheMemoryBudget, or free memory."), exception);
        }
    }

    public override bool IsInvalid => handle == 0;

    /// <summary>Rows that each head of each slot has room for.</summary>
    internal int Capacity { get; }

    internal int Slots { get; private set; }

    private long SlotBytes => _tensor.BytesPerToken * Capacity;

    /// <summary>A value [1, heads, tokens, head size] over the start of the buffer, which must outlive it.</summary>
    internal OrtValue CreateValue(int tokens) => OrtValue.CreateTensorValueWithData(
        OrtMemoryInfo.DefaultInstance,
        _tensor.ElementType,
        [1, _tensor.Heads, tokens, _tensor.HeadSize],
        handle,
        _tensor.BytesPerToken * tokens);

    /// <summary>A value [count, heads, capacity, head size] over slots, which must outlive it.</summary>
    internal OrtValue CreateValue(int firstSlot, int count) => OrtValue.CreateTensorValueWithData(
        OrtMemoryInfo.DefaultInstance,
        _tensor.ElementType,
        [count, _tensor.Heads, Capacity, _tensor.HeadSize],
        (nint)((byte*)handle + (firstSlot * SlotBytes)),
        SlotBytes * count);

    /// <summary>
    /// Copies the first <paramref name="tokens"/> rows of every head. The heads begin <paramref name="sourceStride"/>
    /// rows apart in the source and <paramref name="stride"/> rows here.
    /// </summary>
    internal void CopyFrom(CacheBuffer source, int sourceStride, int stride, int tokens) =>
        Copy((byte*)source.handle, sourceStride, (byte*)handle, stride, tokens);

    /// <summary>Copies the first <paramref name="tokens"/> rows of every head from a slot of any buffer to one of this.</summary>
    internal void CopySlot(CacheBuffer source, int sourceSlot, int slot, int tokens) => Copy(
        (byte*)source.handle + (sourceSlot * source.SlotBytes), source.Capacity,
        (byte*)handle + (slot * SlotBytes), Capacity, tokens);

    /// <summary>The first <paramref name="tokens"/> rows of one head of a slot whose heads begin <paramref name="stride"/> rows apart.</summary>
    internal Span<byte> Rows(int slot, int head, int stride, int tokens) => new(
        (byte*)handle + (slot * SlotBytes) + (head * stride * _rowBytes), checked((int)(tokens * _rowBytes)));

    /// <summary>Moves rows of every head of a slot to the front, <paramref name="count"/> of them from <paramref name="first"/> on.</summary>
    internal void MoveToFront(int slot, int first, int count)
    {
        byte* start = (byte*)handle + (slot * SlotBytes);
        Copy(start + (first * _rowBytes), Capacity, start, Capacity, count);
    }

    /// <summary>Gives the memory of the slots from <paramref name="slots"/> on back. Values over the buffer become invalid.</summary>
    internal void Shrink(int slots)
    {
        SetHandle((nint)NativeMemory.Realloc((void*)handle, (nuint)(SlotBytes * slots)));
        Slots = slots;
    }

    protected override bool ReleaseHandle()
    {
        NativeMemory.Free((void*)handle);
        return true;
    }

    private void Copy(byte* source, int sourceStride, byte* target, int stride, int tokens)
    {
        for (int head = 0; head < _tensor.Heads; head++)
        {
            Buffer.MemoryCopy(
                source + (head * sourceStride * _rowBytes),
                target + (head * stride * _rowBytes),
                tokens * _rowBytes,
                tokens * _rowBytes);
        }
    }
}
