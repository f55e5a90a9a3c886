using Microsoft.Win32.SafeHandles;

namespace Gemma4.ModelBuilder.Onnx;

/// <summary>The file that holds the large weights beside model.onnx. Space is reserved first and filled in any order.</summary>
internal sealed class ExternalDataFile : IDisposable
{
    // Weights of a page or more start on a page, so that the runtime can map them.
    private const int PageSize = 4096;
    private const int SmallAlignment = 64;

    private readonly SafeFileHandle _handle;

    public ExternalDataFile(string path) =>
        _handle = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write, FileShare.None);

    public long Length { get; private set; }

    public long Reserve(long bytes)
    {
        var alignment = bytes >= PageSize ? PageSize : SmallAlignment;
        var offset = (Length + alignment - 1) / alignment * alignment;
        Length = offset + bytes;
        return offset;
    }

    public void Write(long offset, ReadOnlySpan<byte> data) => RandomAccess.Write(_handle, data, offset);

    public void Dispose() => _handle.Dispose();
}
