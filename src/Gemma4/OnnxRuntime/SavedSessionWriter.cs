using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Gemma4.OnnxRuntime;

/// <summary>Writes to a stream and keeps a checksum of all that was written.</summary>
internal sealed class SavedSessionWriter(Stream stream) : IDisposable
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    internal void Write(ReadOnlySpan<byte> bytes)
    {
        stream.Write(bytes);
        _hash.AppendData(bytes);
    }

    internal void Write(int number)
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, number);
        Write(bytes);
    }

    internal void WriteChecksum() => Write(_hash.GetCurrentHash());

    public void Dispose() => _hash.Dispose();
}
