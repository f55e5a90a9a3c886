using System.Buffers;
using System.Numerics;
using Microsoft.Extensions.VectorData;

namespace Gemma4.Retrieval.Stores;

/// <summary>
/// The vectors of one property, packed row by row. Exact search walks all rows; with <c>quantized</c> the signs of the
/// values choose candidates by Hamming distance first, and only those are scored exactly.
/// </summary>
internal sealed class VectorMatrix(int dimensions, string function, bool quantized)
{
    // Below this many values a second thread costs more than it brings.
    private const int ParallelValues = 4_000_000;

    // Rows scored exactly after the prefilter. Sign bits cannot tell near neighbours inside one cluster apart, so the
    // number follows the size of clusters, not the number of results.
    private const int MinCandidates = 4000;
    private const int CandidatesPerResult = 40;

    private readonly int _words = (dimensions + 63) / 64;
    private float[] _values = []; // [row, dimension]
    private float[] _inverseNorms = []; // [row]; NaN: the row has no vector
    private ulong[] _signs = []; // [row, word]

    public int Dimensions => dimensions;

    public string Function => function;

    /// <summary>Rows that may be in use.</summary>
    public int Rows { get; private set; }

    public bool Has(int row) => row < Rows && !float.IsNaN(_inverseNorms[row]);

    public ReadOnlySpan<float> this[int row] => _values.AsSpan(row * dimensions, dimensions);

    public void Set(int row, ReadOnlySpan<float> vector)
    {
        Reserve(row + 1);
        vector.CopyTo(_values.AsSpan(row * dimensions));
        _inverseNorms[row] = VectorDistance.InverseNorm(vector);
        if (quantized)
        {
            WriteSigns(vector, _signs.AsSpan(row * _words, _words));
        }
    }

    public void Clear(int row)
    {
        if (row < Rows)
        {
            _inverseNorms[row] = float.NaN;
        }
    }

    public void Reserve(int rows)
    {
        if (rows > _inverseNorms.Length)
        {
            int size = Math.Max(rows, Math.Max(16, _inverseNorms.Length * 2));
            int before = _inverseNorms.Length;
            Array.Resize(ref _values, checked(size * dimensions));
            Array.Resize(ref _inverseNorms, size);
            _inverseNorms.AsSpan(before).Fill(float.NaN);
            Array.Resize(ref _signs, quantized ? size * _words : 0);
        }

        Rows = Math.Max(Rows, rows);
    }

    /// <summary>The best rows for a query, best first, with the scores of the distance function.</summary>
    /// <param name="query">As many values as the matrix has dimensions.</param>
    /// <param name="count">How many rows at most.</param>
    /// <param name="accept">Rows that count; all when null.</param>
    public (float Score, int Row)[] Search(ReadOnlyMemory<float> query, int count, Func<int, bool>? accept)
    {
        count = Math.Min(count, Rows);
        if (count == 0)
        {
            return [];
        }

        float sign = VectorDistance.HigherIsBetter(function) ? 1 : -1;
        float queryNorm = VectorDistance.InverseNorm(query.Span);
        int candidates = Math.Max(MinCandidates, count * CandidatesPerResult);
        // A filter has already thinned the rows out: then every accepted row is scored.
        TopRows top = quantized && accept is null && VectorDistance.FollowsDot(function) && candidates < Rows / 2
            ? Prefiltered(query.Span, count, candidates, queryNorm, sign)
            : Scanned(query, count, accept, queryNorm, sign);
        (float Score, int Row)[] rows = top.Sorted();
        for (int i = 0; i < rows.Length; i++)
        {
            rows[i].Score *= sign;
        }

        return rows;
    }

    private TopRows Scanned(ReadOnlyMemory<float> query, int count, Func<int, bool>? accept, float queryNorm, float sign)
    {
        int workers = (long)Rows * dimensions < ParallelValues ? 1 : Environment.ProcessorCount;
        TopRows[] parts = new TopRows[workers];
        int share = (Rows + workers - 1) / workers;
        if (workers == 1)
        {
            Scan(0);
        }
        else
        {
            Parallel.For(0, workers, Scan);
        }

        for (int i = 1; i < workers; i++)
        {
            parts[0].OfferAll(parts[i]);
        }

        return parts[0];

        void Scan(int worker)
        {
            TopRows top = new(count);
            ReadOnlySpan<float> span = query.Span;
            int end = Math.Min(Rows, (worker + 1) * share);
            for (int row = worker * share; row < end; row++)
            {
                float norm = _inverseNorms[row];
                if (!float.IsNaN(norm) && (accept is null || accept(row)))
                {
                    top.Offer(sign * VectorDistance.Score(function, span, this[row], norm * queryNorm), row);
                }
            }

            parts[worker] = top;
        }
    }

    private TopRows Prefiltered(ReadOnlySpan<float> query, int count, int candidates, float queryNorm, float sign)
    {
        ulong[] querySigns = new ulong[_words];
        WriteSigns(query, querySigns);
        ushort[] distances = ArrayPool<ushort>.Shared.Rent(Rows);
        int[] histogram = new int[(_words * 64) + 1];
        for (int row = 0, at = 0; row < Rows; row++, at += _words)
        {
            int distance = 0;
            for (int word = 0; word < querySigns.Length; word++)
            {
                distance += BitOperations.PopCount(querySigns[word] ^ _signs[at + word]);
            }

            distances[row] = (ushort)distance;
            histogram[distance]++;
        }

        int limit = 0;
        for (int seen = histogram[0]; seen < candidates && limit < histogram.Length - 1; seen += histogram[limit])
        {
            limit++;
        }

        TopRows top = new(count);
        for (int row = 0; row < Rows; row++)
        {
            if (distances[row] <= limit && !float.IsNaN(_inverseNorms[row]))
            {
                top.Offer(sign * VectorDistance.Score(function, query, this[row], _inverseNorms[row] * queryNorm), row);
            }
        }

        ArrayPool<ushort>.Shared.Return(distances);
        return top;
    }

    private static void WriteSigns(ReadOnlySpan<float> vector, Span<ulong> signs)
    {
        signs.Clear();
        for (int i = 0; i < vector.Length; i++)
        {
            if (vector[i] > 0)
            {
                signs[i >> 6] |= 1UL << (i & 63);
            }
        }
    }

    /// <summary>Reads the index kind that a property asks for: true when the prefilter is wanted.</summary>
    /// <exception cref="NotSupportedException">The kind is none that this matrix can do.</exception>
    public static bool IsQuantized(string? indexKind, string property) => indexKind switch
    {
        null or IndexKind.Flat => false,
        IndexKind.QuantizedFlat or IndexKind.Dynamic => true,
        _ => throw new NotSupportedException($"The index kind '{indexKind}' of '{property}' is not available. Use {IndexKind.Flat} (exact) or {IndexKind.QuantizedFlat} (sign prefilter, then exact scores)."),
    };
}
