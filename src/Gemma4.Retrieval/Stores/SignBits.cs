using System.Numerics;

namespace Gemma4.Retrieval.Stores;

/// <summary>The signs of a vector's values, a bit for each.</summary>
internal static class SignBits
{
    private const int WordBits = 64;

    public static int Words(int dimensions) => (dimensions + WordBits - 1) / WordBits;

    public static void Write(ReadOnlySpan<float> vector, Span<ulong> signs)
    {
        signs.Clear();
        for (int i = 0; i < vector.Length; i++)
        {
            signs[i / WordBits] |= vector[i] > 0 ? 1UL << (i % WordBits) : 0;
        }
    }

    /// <summary>How many signs differ from the query's, for each of several vectors.</summary>
    /// <param name="query">One vector's words.</param>
    /// <param name="signs">[vector, word].</param>
    /// <param name="distances">[vector].</param>
    public static void Distances(ReadOnlySpan<ulong> query, ReadOnlySpan<ulong> signs, Span<int> distances)
    {
        for (int row = 0; row < distances.Length; row++)
        {
            ReadOnlySpan<ulong> own = signs.Slice(row * query.Length, query.Length);
            int distance = 0;
            for (int word = 0; word < own.Length; word++)
            {
                distance += BitOperations.PopCount(query[word] ^ own[word]);
            }

            distances[row] = distance;
        }
    }
}
