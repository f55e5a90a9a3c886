using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Gemma4.Safety.Detection;

namespace Gemma4.Safety.Pipeline;

/// <summary>Findings by the hash of their text, the oldest forgotten first. Holds no text.</summary>
internal sealed class VerdictCache(int capacity)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<UInt128, IReadOnlyList<Finding>> _entries = [];
    private readonly Queue<UInt128> _order = new();

    public static UInt128 KeyOf(string reader, string text)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(reader));
        hash.AppendData([0]);
        hash.AppendData(MemoryMarshal.AsBytes(text.AsSpan()));
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        hash.GetHashAndReset(digest);
        return BinaryPrimitives.ReadUInt128LittleEndian(digest);
    }

    public bool TryGet(UInt128 key, out IReadOnlyList<Finding> findings)
    {
        lock (_lock)
        {
            return _entries.TryGetValue(key, out findings!);
        }
    }

    public void Add(UInt128 key, IReadOnlyList<Finding> findings)
    {
        if (capacity == 0)
        {
            return;
        }

        lock (_lock)
        {
            if (!_entries.TryAdd(key, findings))
            {
                return;
            }

            _order.Enqueue(key);
            while (_order.Count > capacity)
            {
                _entries.Remove(_order.Dequeue());
            }
        }
    }
}
