using System.IO.Hashing;
using System.Text;

namespace Gemma4.Retrieval.Stores;

/// <summary>Passes bytes on to another stream and computes their checksum on the way.</summary>
internal sealed class ChecksumStream(Stream inner, string name) : Stream
{
    private readonly XxHash3 _hash = Started(name);

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public ulong Checksum => _hash.GetCurrentHashAsUInt64();

    /// <summary>The checksum of a part of a file under a name.</summary>
    /// <exception cref="EndOfStreamException">The file ends before.</exception>
    public static ulong Of(Stream file, string name, long length)
    {
        XxHash3 hash = Started(name);
        byte[] buffer = GC.AllocateUninitializedArray<byte>((int)Math.Min(length, SnapshotFile.BufferSize));
        for (long left = length; left > 0;)
        {
            int count = (int)Math.Min(left, buffer.Length);
            file.ReadExactly(buffer, 0, count);
            hash.Append(buffer.AsSpan(0, count));
            left -= count;
        }

        return hash.GetCurrentHashAsUInt64();
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        _hash.Append(buffer);
        inner.Write(buffer);
    }

    public override void Flush() => inner.Flush();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    // The name too: a collection must not come back under another one.
    private static XxHash3 Started(string name)
    {
        XxHash3 hash = new();
        hash.Append(Encoding.UTF8.GetBytes(name));
        return hash;
    }
}
