using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Gemma4.OnnxRuntime;

/// <summary>Reads what <see cref="SavedSessionWriter"/> wrote, no further than asked, and checks it.</summary>
internal sealed class SavedSessionReader(Stream stream) : IDisposable
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    /// <exception cref="Gemma4ModelException">The stream ends before.</exception>
    internal void Read(Span<byte> bytes)
    {
        if (stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) < bytes.Length)
        {
            throw CutOff();
        }

        _hash.AppendData(bytes);
    }

    internal int ReadNumber()
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        Read(bytes);
        return BinaryPrimitives.ReadInt32LittleEndian(bytes);
    }

    /// <exception cref="Gemma4ModelException">The checksum is not that of what was read.</exception>
    internal void CheckChecksum()
    {
        byte[] expected = _hash.GetCurrentHash();
        Span<byte> found = stackalloc byte[SavedSession.ChecksumBytes];
        Read(found);
        if (!found.SequenceEqual(expected))
        {
            throw Unfit("is damaged: its checksum is wrong");
        }
    }

    /// <summary>Refuses a stream that is known to be too short, before anything is reserved for it.</summary>
    internal void CheckLeft(long bytes)
    {
        if (stream.CanSeek && stream.Length - stream.Position < bytes)
        {
            throw CutOff();
        }
    }

    internal Gemma4ModelException Unfit(string fact) => new(
        $"{(stream is FileStream file ? $"'{file.Name}'" : "The stream")} {fact}. Save the session again with this model.");

    public void Dispose() => _hash.Dispose();

    private Gemma4ModelException CutOff() => Unfit("is cut off");
}
