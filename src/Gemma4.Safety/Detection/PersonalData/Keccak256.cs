using System.Buffers.Binary;
using System.Numerics;

namespace Gemma4.Safety.Detection.PersonalData;

/// <summary>The hash of Ethereum addresses: Keccak with the padding from before it became SHA-3, so the runtime has none.</summary>
internal static class Keccak256
{
    private const int RateBytes = 136;

    private static ReadOnlySpan<ulong> RoundConstants =>
    [
        0x0000000000000001, 0x0000000000008082, 0x800000000000808A, 0x8000000080008000, 0x000000000000808B, 0x0000000080000001,
        0x8000000080008081, 0x8000000000008009, 0x000000000000008A, 0x0000000000000088, 0x0000000080008009, 0x000000008000000A,
        0x000000008000808B, 0x800000000000008B, 0x8000000000008089, 0x8000000000008003, 0x8000000000008002, 0x8000000000000080,
        0x000000000000800A, 0x800000008000000A, 0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
    ];

    private static ReadOnlySpan<byte> Rotations =>
        [1, 3, 6, 10, 15, 21, 28, 36, 45, 55, 2, 14, 27, 41, 56, 8, 25, 43, 62, 18, 39, 61, 20, 44];

    private static ReadOnlySpan<byte> Lanes =>
        [10, 7, 11, 17, 18, 3, 5, 16, 8, 21, 24, 4, 15, 23, 19, 13, 12, 2, 20, 14, 22, 9, 6, 1];

    /// <summary>Hashes at most 135 bytes, one block, into 32.</summary>
    public static void HashBlock(ReadOnlySpan<byte> data, Span<byte> hash)
    {
        Span<byte> block = stackalloc byte[RateBytes];
        block.Clear();
        data.CopyTo(block);
        block[data.Length] = 0x01;
        block[RateBytes - 1] |= 0x80;

        Span<ulong> state = stackalloc ulong[25];
        state.Clear();
        for (var lane = 0; lane < RateBytes / 8; lane++)
        {
            state[lane] = BinaryPrimitives.ReadUInt64LittleEndian(block[(lane * 8)..]);
        }

        Permute(state);
        for (var lane = 0; lane < 4; lane++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(hash[(lane * 8)..], state[lane]);
        }
    }

    private static void Permute(Span<ulong> state)
    {
        Span<ulong> column = stackalloc ulong[5];
        foreach (var constant in RoundConstants)
        {
            for (var x = 0; x < 5; x++)
            {
                column[x] = state[x] ^ state[x + 5] ^ state[x + 10] ^ state[x + 15] ^ state[x + 20];
            }

            for (var lane = 0; lane < 25; lane++)
            {
                state[lane] ^= column[(lane + 4) % 5] ^ BitOperations.RotateLeft(column[(lane + 1) % 5], 1);
            }

            var carried = state[1];
            for (var step = 0; step < 24; step++)
            {
                (carried, state[Lanes[step]]) = (state[Lanes[step]], BitOperations.RotateLeft(carried, Rotations[step]));
            }

            for (var row = 0; row < 25; row += 5)
            {
                state.Slice(row, 5).CopyTo(column);
                for (var x = 0; x < 5; x++)
                {
                    state[row + x] = column[x] ^ (~column[(x + 1) % 5] & column[(x + 2) % 5]);
                }
            }

            state[0] ^= constant;
        }
    }
}
