using System.Buffers;
using System.Numerics;
using Microsoft.Extensions.VectorData;

namespace Gemma4.Retrieval.Stores;

/// <summary>
/// The vectors of one property in packed blocks, which grow without copying and are shared out to the processor's cores.
/// Any number of readers at once, or one writer.
/// </summary>
internal sealed class VectorMatrix(int dimensions, string function, VectorPrefilter prefilter)
{
    // A megabyte of values: long reads, and enough blocks to share out evenly.
    private const int BlockValues = 1 << 18;
    private const int FewestBlockRows = 64;
    private const int MostBlockRows = 4096;
    private const int FirstRows = 16;

    // Below this many bytes to read a second thread costs more than it brings.
    private const long ParallelBytes = 32L << 20;

    // Rows scored after the signs. Signs cannot tell near neighbours inside one cluster apart, so the number follows the
    // size of clusters, not the number of results.
    private const int MinCandidates = 4000;
    private const int CandidatesPerResult = 40;

    // Rows that memory needs time to bring while others are compared.
    private const int FetchedAhead = 6;

    // A prefilter that lets more than this share through has saved nothing.
    private const int WorthwhileShare = 4;

    private readonly int _blockRows = Math.Clamp((int)BitOperations.RoundUpToPowerOf2((uint)((BlockValues / dimensions / 2) + 1)), FewestBlockRows, MostBlockRows);
    private readonly List<VectorBlock> _blocks = [];

    public int Dimensions => dimensions;

    public string Function => function;

    /// <summary>Rows that may be in use.</summary>
    public int Rows { get; private set; }

    /// <summary>Rows of all blocks but the last, and of the last when it is full.</summary>
    public int BlockRows => _blockRows;

    public ReadOnlySpan<float> this[int row] => BlockOf(row).Row(row % _blockRows);

    public bool Has(int row) => row < Rows && !float.IsNaN(BlockOf(row).InverseNorms[row % _blockRows]);

    /// <summary>The block that holds a row, at the row modulo <see cref="BlockRows"/>.</summary>
    public VectorBlock BlockOf(int row) => _blocks[row / _blockRows];

    public void Set(int row, ReadOnlySpan<float> vector)
    {
        Reserve(row + 1);
        VectorBlock block = BlockOf(row);
        vector.CopyTo(block.Row(row % _blockRows));
        block.Accept(row % _blockRows);
    }

    public void Clear(int row)
    {
        if (row < Rows)
        {
            BlockOf(row).InverseNorms[row % _blockRows] = float.NaN;
        }
    }

    public void Reserve(int rows)
    {
        while (_blocks.Count * (long)_blockRows < rows || (_blocks.Count == 1 && _blocks[0].Capacity < Math.Min(rows, _blockRows)))
        {
            // Only the first block is ever small; it doubles until it is full.
            if (_blocks.Count == 1 && _blocks[0].Capacity < _blockRows)
            {
                _blocks[0].Grow(Math.Min(_blockRows, Math.Max(rows, _blocks[0].Capacity * 2)));
            }
            else
            {
                _blocks.Add(new VectorBlock(dimensions, _blocks.Count == 0 ? Math.Min(_blockRows, Math.Max(rows, FirstRows)) : _blockRows, prefilter));
            }
        }

        Rows = Math.Max(Rows, rows);
    }

    /// <summary>The best rows for a query, best first, with the scores of the distance function.</summary>
    /// <param name="query">As many values as the matrix has dimensions.</param>
    /// <param name="count">How many rows at most.</param>
    /// <param name="mask">Rows that count; all when null.</param>
    public (float Score, int Row)[] Search(ReadOnlySpan<float> query, int count, RowMask? mask)
    {
        int available = Math.Min(Rows, mask?.Count ?? Rows);
        count = Math.Min(count, available);
        if (count == 0)
        {
            return [];
        }

        VectorQuery prepared = new(query, function);
        int candidates = (int)Math.Min(int.MaxValue, Math.Max(MinCandidates, (long)count * CandidatesPerResult));
        TopRows top = prefilter switch
        {
            VectorPrefilter.Bytes when prepared.FollowsDot && count < available / WorthwhileShare => ByBytes(prepared, count, available, mask),
            VectorPrefilter.Signs when prepared.FollowsDot && candidates < available / WorthwhileShare => BySigns(prepared, count, available, mask, candidates),
            _ => Scanned(prepared, count, available, mask),
        };
        (float Score, int Row)[] rows = top.Sorted();
        for (int i = 0; i < rows.Length; i++)
        {
            rows[i].Score = prepared.Score(rows[i].Score);
        }

        return rows;
    }

    /// <summary>Reads the index kind that a property asks for.</summary>
    /// <exception cref="NotSupportedException">The kind is none that this matrix can do.</exception>
    public static VectorPrefilter PrefilterOf(string? indexKind, string property) => indexKind switch
    {
        IndexKind.Flat => VectorPrefilter.None,
        null or IndexKind.QuantizedFlat or IndexKind.Dynamic => VectorPrefilter.Bytes,
        InMemoryIndexKind.BinaryFlat => VectorPrefilter.Signs,
        _ => throw new NotSupportedException($"The index kind '{indexKind}' of '{property}' is not available. Use {IndexKind.QuantizedFlat} (8-bit copies first, then exact scores; nothing is missed), {IndexKind.Flat} (the same without the copies' memory) or {InMemoryIndexKind.BinaryFlat} (signs first, then exact scores)."),
    };

    private TopRows Scanned(VectorQuery query, int count, int available, RowMask? mask)
    {
        TopRows[] parts = Parts(count, available, dimensions * sizeof(float));
        EachBlock(parts.Length, mask, (worker, block, first) =>
        {
            TopRows top = parts[worker];
            foreach (int row in RowsOf(block, first, mask, stackalloc int[_blockRows]))
            {
                top.Offer(query.Rank(block, row), first + row);
            }
        });
        return Joined(parts);
    }

    // The count-th best of the least ranks is a floor that no row below can reach; it rises while rows are read.
    private TopRows ByBytes(VectorQuery query, int count, int available, RowMask? mask)
    {
        RoundedQuery rounded = new(query.Values, query.InverseNorm);
        TopRows[] least = Parts(count, available, dimensions);
        List<(float Most, int Row)>[] reaching = [.. least.Select(_ => new List<(float, int)>())];
        EachBlock(least.Length, mask, (worker, block, first) =>
        {
            TopRows floor = least[worker];
            Span<int> rows = RowsOf(block, first, mask, stackalloc int[_blockRows]);
            for (int i = 0; i < rows.Length; i++)
            {
                int row = rows[i];
                // A processor foresees rows that follow each other, and no others.
                if (i + FetchedAhead < rows.Length && rows[i + FetchedAhead] != row + FetchedAhead)
                {
                    block.FetchBytes(rows[i + FetchedAhead]);
                }

                (float low, float high) = query.Bounds(rounded, block, row);
                if (!(high < floor.Least))
                {
                    floor.Offer(low, first + row);
                    reaching[worker].Add((high, first + row));
                }
            }
        });
        float reach = Joined(least).Least;
        TopRows top = new(count);
        foreach ((float most, int row) in reaching.SelectMany(rows => rows))
        {
            if (!(most < reach))
            {
                top.Offer(query.Rank(BlockOf(row), row % _blockRows), row);
            }
        }

        return top;
    }

    private TopRows BySigns(VectorQuery query, int count, int available, RowMask? mask, int candidates)
    {
        ulong[] signs = new ulong[SignBits.Words(dimensions)];
        SignBits.Write(query.Values, signs);
        TopRows[] parts = Parts(count, available, signs.Length * sizeof(ulong));
        int[][] histograms = [.. parts.Select(_ => new int[dimensions + 1])];
        int[] distances = ArrayPool<int>.Shared.Rent(Rows);
        EachBlock(parts.Length, mask, (worker, block, first) =>
        {
            Span<int> own = distances.AsSpan(first, Math.Min(Rows - first, _blockRows));
            SignBits.Distances(signs, block.Signs, own);
            int[] histogram = histograms[worker];
            foreach (int row in RowsOf(block, first, mask, stackalloc int[_blockRows]))
            {
                histogram[own[row]]++;
            }
        });
        int limit = 0;
        for (int seen = histograms.Sum(part => part[0]); seen < candidates && limit < dimensions;)
        {
            limit++;
            seen += histograms.Sum(part => part[limit]);
        }

        EachBlock(parts.Length, mask, (worker, block, first) =>
        {
            foreach (int row in RowsOf(block, first, mask, stackalloc int[_blockRows]))
            {
                if (distances[first + row] <= limit)
                {
                    parts[worker].Offer(query.Rank(block, row), first + row);
                }
            }
        });
        ArrayPool<int>.Shared.Return(distances);
        return Joined(parts);
    }

    private static TopRows[] Parts(int count, int available, int bytesPerRow)
    {
        int workers = (long)available * bytesPerRow < ParallelBytes ? 1 : Environment.ProcessorCount;
        return [.. Enumerable.Range(0, workers).Select(_ => new TopRows(count))];
    }

    private static TopRows Joined(TopRows[] parts)
    {
        foreach (TopRows part in parts.AsSpan(1))
        {
            parts[0].OfferAll(part);
        }

        return parts[0];
    }

    // Each worker takes the next block when it is done with one: a core that is busy elsewhere holds nobody up.
    private void EachBlock(int workers, RowMask? mask, Action<int, VectorBlock, int> visit)
    {
        int next = 0;
        if (workers == 1)
        {
            Work(0);
        }
        else
        {
            Parallel.For(0, workers, Work);
        }

        void Work(int worker)
        {
            for (int index = Interlocked.Increment(ref next) - 1; index < _blocks.Count; index = Interlocked.Increment(ref next) - 1)
            {
                int first = index * _blockRows;
                if (mask is null || mask.HasAny(first, _blockRows))
                {
                    visit(worker, _blocks[index], first);
                }
            }
        }
    }

    /// <summary>The rows of a block that have a vector and are in the mask.</summary>
    /// <param name="block">The block.</param>
    /// <param name="first">The number of its first row.</param>
    /// <param name="mask">Rows that count; all when null.</param>
    /// <param name="rows">Room for all rows of a block.</param>
    private Span<int> RowsOf(VectorBlock block, int first, RowMask? mask, Span<int> rows)
    {
        float[] inverseNorms = block.InverseNorms;
        int end = Math.Min(Rows - first, _blockRows);
        int count = 0;
        for (int row = 0; row < end; row++)
        {
            if (!float.IsNaN(inverseNorms[row]) && (mask is null || mask[first + row]))
            {
                rows[count++] = row;
            }
        }

        return rows[..count];
    }
}
