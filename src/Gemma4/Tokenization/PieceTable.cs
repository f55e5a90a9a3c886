using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Gemma4.Tokenization;

/// <summary>The vocabulary while a file is being read: all pieces in one byte pool, found by an open-addressing hash.</summary>
/// <remarks>A dictionary of strings would cost some 30 MB and most of the load time for 262,144 pieces. The methods on the
/// loading path are compiled in full at once: a load is over before the runtime would have improved them.</remarks>
internal sealed class PieceTable
{
    private readonly int _idLimit;
    private byte[] _pool = new byte[1 << 16];
    private int _poolUsed;
    private long[] _spans = [];
    private ulong[] _slots = new ulong[1 << 12];

    /// <param name="idLimit">Ids at or above are refused, so that a bad id cannot ask for gigabytes.</param>
    public PieceTable(int idLimit) => _idLimit = idLimit;

    public const int MaxPieceLength = 65535;

    public int Count { get; private set; }

    /// <summary>One more than the highest id; equals <see cref="Count"/> when the ids have no gaps.</summary>
    public int IdBound { get; private set; }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool TryAdd(ReadOnlySpan<byte> piece, int id)
    {
        if ((uint)id >= (uint)_idLimit || (id < IdBound && _spans[id] != 0) || Find(piece) >= 0)
        {
            return false;
        }

        if (Count * 2 >= _slots.Length)
        {
            Grow();
        }

        if (_poolUsed + piece.Length > _pool.Length)
        {
            Array.Resize(ref _pool, Math.Max(_pool.Length * 2, _poolUsed + piece.Length));
        }

        piece.CopyTo(_pool.AsSpan(_poolUsed));
        if (id >= _spans.Length)
        {
            Array.Resize(ref _spans, (int)BitOperations.RoundUpToPowerOf2((uint)id + 1));
        }

        // Length + 1, so that 0 means "no piece here" even for an empty piece at offset 0.
        _spans[id] = ((long)_poolUsed << 32) | (uint)(piece.Length + 1);
        _poolUsed += piece.Length;
        IdBound = Math.Max(IdBound, id + 1);
        Count++;
        Insert(Hash(piece), id);
        return true;
    }

    public ReadOnlySpan<byte> this[int id]
    {
        get
        {
            long span = _spans[id];
            return span == 0 ? default : _pool.AsSpan((int)(span >> 32), (int)span - 1);
        }
    }

    /// <returns>The id, or -1.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public int Find(ReadOnlySpan<byte> piece)
    {
        ulong hash = Hash(piece);
        int mask = _slots.Length - 1;
        int slot = (int)(hash >> 40) & mask;
        while (true)
        {
            ulong entry = _slots[slot];
            if (entry == 0)
            {
                return -1;
            }

            if ((uint)(entry >> 32) == (uint)hash && this[(int)(uint)entry - 1].SequenceEqual(piece))
            {
                return (int)(uint)entry - 1;
            }

            slot = (slot + 1) & mask;
        }
    }

    private void Insert(ulong hash, int id)
    {
        int mask = _slots.Length - 1;
        int slot = (int)(hash >> 40) & mask;
        while (_slots[slot] != 0)
        {
            slot = (slot + 1) & mask;
        }

        _slots[slot] = ((ulong)(uint)hash << 32) | (uint)(id + 1);
    }

    private void Grow()
    {
        _slots = new ulong[_slots.Length * 4];
        for (int id = 0; id < IdBound; id++)
        {
            if (_spans[id] != 0)
            {
                Insert(Hash(this[id]), id);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static ulong Hash(ReadOnlySpan<byte> piece)
    {
        const ulong Multiplier = 0x9E3779B97F4A7C15;
        ulong hash = (ulong)piece.Length * Multiplier;
        while (piece.Length >= 8)
        {
            hash = (BitOperations.RotateLeft(hash, 23) ^ MemoryMarshal.Read<ulong>(piece)) * Multiplier;
            piece = piece[8..];
        }

        ulong tail = 0;
        for (int i = 0; i < piece.Length; i++)
        {
            tail = (tail << 8) | piece[i];
        }

        hash = (BitOperations.RotateLeft(hash, 23) ^ tail) * Multiplier;
        return hash ^ (hash >> 29);
    }
}
