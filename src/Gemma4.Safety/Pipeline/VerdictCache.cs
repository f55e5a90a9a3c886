using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Gemma4.Safety.Detection;
using Gemma4.Safety.Policies;

namespace Gemma4.Safety.Pipeline;

/// <summary>Findings by reader, stage where it matters, and the hash of their text, the oldest forgotten first. Holds no text.</summary>
internal sealed class VerdictCache(int capacity)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(int Reader, SafetyStage? Stage, UInt128 Text), IReadOnlyList<Finding>> _entries = [];
    private readonly Queue<(int Reader, SafetyStage? Stage, UInt128 Text)> _order = new();

    public static UInt128 HashOf(string text)
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(MemoryMarshal.AsBytes(text.AsSpan()), digest);
        return BinaryPrimitives.ReadUInt128LittleEndian(digest);
    }

    public bool TryGet((int Reader, SafetyStage? Stage, UInt128 Text) key, out IReadOnlyList<Finding> findings)
    {
        lock (_lock)
        {
            return _entries.TryGetValue(key, out findings!);
        }
    }

    public void Add((int Reader, SafetyStage? Stage, UInt128 Text) key, IReadOnlyList<Finding> findings)
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
