using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace Gemma4.ModelBuilder.Onnx;

/// <summary>The file that holds the large weights beside model.onnx. Space is reserved first and filled in any order.</summary>
internal sealed class ExternalDataFile : IDisposable
{
    // Weights of a page or more start on a page, so that the runtime can map them.
    private const int PageSize = 4096;
    private const int SmallAlignment = 64;

    private readonly string _path;
    private readonly SafeFileHandle _handle;

    public ExternalDataFile(string path)
    {
        _path = path;
        _handle = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write, FileShare.None);
    }

    public long Length { get; private set; }

    public long Reserve(long bytes)
    {
        var alignment = bytes >= PageSize ? PageSize : SmallAlignment;
        var offset = (Length + alignment - 1) / alignment * alignment;
        Length = offset + bytes;
        return offset;
    }

    /// <summary>Several threads may write at once, each to its own place.</summary>
    /// <exception cref="IOException">The disk is full, or the system allows no file of this size.</exception>
    public void Write(long offset, ReadOnlySpan<byte> data)
    {
        try
        {
            RandomAccess.Write(_handle, data, offset);
        }
        catch (Exception e) when (e is IOException or ArgumentOutOfRangeException)
        {
            // A limit on file sizes comes as an argument error.
            throw new IOException(string.Create(
                CultureInfo.InvariantCulture,
                $"'{_path}' could not be written at byte {offset:N0} of {Length:N0} ({e.Message.TrimEnd('.')}). "
                + $"The build was undone; give it more room, another folder or a smaller precision."), e);
        }
    }

    public void Dispose() => _handle.Dispose();
}
