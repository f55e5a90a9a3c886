using System.Buffers;
using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using Gemma4.ModelBuilder.Checkpoints;
using Gemma4.ModelBuilder.Onnx;

namespace Gemma4.ModelBuilder.Graphs;

/// <summary>
/// Declares weights in the graph and moves them into the ONNX folder, a few rows at a time. Small ones are written at
/// once; matrices only get their place, so that the size of the whole is known before the long part starts.
/// </summary>
internal sealed class WeightStore(
    IWeightSource checkpoint,
    OnnxGraph graph,
    ExternalDataFile data,
    ModelBuildOptions options,
    CancellationToken cancellationToken)
{
    private const int ChunkValues = 1 << 20;
    private const int LargestInline = 1024;
    private const int SmallestBlock = 16;

    private readonly List<(CheckpointTensor Source, StoredMatrix Matrix)> _matrices = [];

    /// <summary>A float vector as stored: a norm weight or a layer scalar.</summary>
    public string Vector(string name, int size)
    {
        var values = checkpoint.Get(name, size).ReadAll();
        return Floats(name, values, size);
    }

    /// <summary>The numbers of a vector as stored, for what is computed here.</summary>
    public float[] Values(string name, int size) => checkpoint.Get(name, size).ReadAll();

    /// <summary>A float vector as stored, times a constant.</summary>
    public string ScaledVector(string name, int size, float factor)
    {
        var values = checkpoint.Get(name, size).ReadAll();
        for (var i = 0; i < values.Length; i++)
        {
            values[i] *= factor;
        }

        return Floats(name + ".scaled", values, size);
    }

    /// <summary>A float weight computed here.</summary>
    public string Floats(string name, float[] values, params ReadOnlySpan<long> shape)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (graph.HasWeight(name))
        {
            return name;
        }

        var bytes = MemoryMarshal.AsBytes(values.AsSpan());
        if (bytes.Length <= LargestInline)
        {
            return graph.Inline(name, OnnxType.Float, shape, bytes);
        }

        var offset = data.Reserve(bytes.Length);
        data.Write(offset, bytes);
        return graph.External(name, OnnxType.Float, shape, offset, bytes.Length);
    }

    /// <summary>A whole-number constant.</summary>
    public string Integers(string name, long[] values, bool scalar = false) =>
        graph.Inline(name, OnnxType.Int64, scalar ? [] : [values.Length], MemoryMarshal.AsBytes(values.AsSpan()));

    /// <summary>Makes room for a matrix [rows, columns] in the precision asked for; <see cref="CopyMatrices"/> fills it.</summary>
    public StoredMatrix Matrix(string name, int rows, int columns, ModelPrecision precision) =>
        Reserve(checkpoint.Get(name + ".weight", rows, columns), name, rows, columns, precision);

    /// <summary>Makes room for the matrices of one tensor [count, rows, columns].</summary>
    public StoredMatrix[] Stack(string name, int count, int rows, int columns, ModelPrecision precision)
    {
        var stack = Reserve(checkpoint.Get(name, count, rows, columns), name, count * rows, columns, precision);
        return [.. Enumerable.Range(0, count).Select(index => stack.Part(index, rows))];
    }

    private StoredMatrix Reserve(
        CheckpointTensor source, string name, int rows, int columns, ModelPrecision precision)
    {
        var block = precision is ModelPrecision.Int8 or ModelPrecision.Int4 ? FittingBlock(columns) : 0;
        var bits = (block, precision) switch
        {
            (0, ModelPrecision.Float16) => 16,
            (0, _) => 32,
            (_, ModelPrecision.Int8) => 8,
            _ => 4,
        };
        var matrix = new StoredMatrix(name, rows, columns, bits, block, 0, 0);
        matrix = matrix with { DataOffset = data.Reserve(matrix.DataBytes) };
        matrix = matrix with { ScaleOffset = matrix.IsQuantized ? data.Reserve(matrix.ScaleBytes) : 0 };

        _matrices.Add((source, matrix));
        return matrix;
    }

    /// <summary>Fills the matrices on all cores. Each row has its own place, so the order of the work leaves no trace.</summary>
    public void CopyMatrices(WrittenBytes written)
    {
        written.Add(data.Length - _matrices.Sum(m => m.Matrix.DataBytes + m.Matrix.ScaleBytes));
        var work = Partitioner.Create(Chunks(), EnumerablePartitionerOptions.NoBuffering);
        var limits = new ParallelOptions
        {
            MaxDegreeOfParallelism = options.Workers ?? Environment.ProcessorCount,
            CancellationToken = cancellationToken,
        };
        try
        {
            Parallel.ForEach(work, limits, chunk =>
            {
                var (source, matrix, row, count) = chunk;
                CopyRows(source, matrix, row, count);
                written.Add((matrix.DataBytes + matrix.ScaleBytes) / matrix.Rows * count, matrix.Name);
            });
        }
        catch (AggregateException failures)
        {
            ExceptionDispatchInfo.Throw(failures.InnerExceptions[0]);
        }
    }

    private IEnumerable<(CheckpointTensor Source, StoredMatrix Matrix, int Row, int Count)> Chunks()
    {
        foreach (var (source, matrix) in _matrices)
        {
            var rowsAtOnce = Math.Clamp(ChunkValues / matrix.Columns, 1, matrix.Rows);
            for (var row = 0; row < matrix.Rows; row += rowsAtOnce)
            {
                yield return (source, matrix, row, Math.Min(rowsAtOnce, matrix.Rows - row));
            }
        }
    }

    /// <summary>x [.., columns] times the matrix transposed: [.., rows].</summary>
    public string Multiply(string node, string x, StoredMatrix matrix)
    {
        if (!matrix.IsQuantized)
        {
            var rows = RowsOf(matrix);
            if (matrix.Bits == 16)
            {
                // Products are 32-bit; the runtime widens the constant once, at load.
                rows = graph.Node(node + ".widened", "Cast", [rows], ("to", (long)OnnxType.Float));
            }

            // The transposed product reads the weight as the checkpoint stores it: [outputs, inputs].
            graph.Node(node, "FusedMatMul", OnnxGraph.Microsoft, [x, rows], [node], ("transB", 1L));
            return node;
        }

        var blocks = graph.External(matrix.Name + ".blocks", OnnxType.UInt8,
            [matrix.Rows, matrix.Blocks, matrix.BlockSize * matrix.Bits / 8], matrix.DataOffset, matrix.DataBytes);
        graph.Node(node, "MatMulNBits", OnnxGraph.Microsoft, [x, blocks, ScalesOf(matrix)], [node],
            ("K", (long)matrix.Columns), ("N", (long)matrix.Rows), ("bits", (long)matrix.Bits),
            ("block_size", (long)matrix.BlockSize), ("accuracy_level", (long)options.AccuracyLevel));
        return node;
    }

    /// <summary>The rows of the table that <paramref name="ids"/> [batch, sequence] name: [batch, sequence, columns].</summary>
    public string LookUp(string node, StoredMatrix table, string ids)
    {
        if (!table.IsQuantized)
        {
            if (table.Bits == 32)
            {
                return graph.Node(node, "Gather", [RowsOf(table), ids], ("axis", 0L));
            }

            var halves = graph.Node(node + ".halves", "Gather", [RowsOf(table), ids], ("axis", 0L));
            return graph.Node(node, "Cast", [halves], ("to", (long)OnnxType.Float));
        }

        graph.Node(node, "GatherBlockQuantized", OnnxGraph.Microsoft, [RowsOf(table), ids, ScalesOf(table)], [node],
            ("bits", (long)table.Bits), ("block_size", (long)table.BlockSize),
            ("gather_axis", 0L), ("quantize_axis", 1L));
        return node;
    }

    private string RowsOf(StoredMatrix matrix) => matrix.IsQuantized
        ? graph.External(matrix.Name + ".rows", OnnxType.UInt8,
            [matrix.Rows, (long)matrix.Columns * matrix.Bits / 8], matrix.DataOffset, matrix.DataBytes)
        : graph.External(matrix.Name + ".weight", matrix.Bits == 16 ? OnnxType.Float16 : OnnxType.Float,
            [matrix.Rows, matrix.Columns], matrix.DataOffset, matrix.DataBytes);

    private string ScalesOf(StoredMatrix matrix) => graph.External(matrix.Name + ".scales", OnnxType.Float,
        [matrix.Rows, matrix.Blocks], matrix.ScaleOffset, matrix.ScaleBytes);

    private int FittingBlock(int columns)
    {
        for (var block = options.BlockSize; block >= SmallestBlock; block /= 2)
        {
            if (columns % block == 0)
            {
                return block;
            }
        }

        return 0;
    }

    private void CopyRows(CheckpointTensor source, StoredMatrix matrix, int row, int count)
    {
        var length = count * matrix.Columns;
        var values = ArrayPool<float>.Shared.Rent(length);
        var packed = ArrayPool<byte>.Shared.Rent(length * 2);
        try
        {
            var floats = values.AsSpan(0, length);
            source.ReadRows(row, floats);
            var target = matrix.DataOffset + ((long)row * matrix.Columns * matrix.Bits / 8);
            if (matrix.Bits == 32)
            {
                data.Write(target, MemoryMarshal.AsBytes(floats));
                return;
            }

            var bytes = packed.AsSpan(0, length * matrix.Bits / 8);
            if (matrix.Bits == 16)
            {
                HalfRounding.Narrow(floats, MemoryMarshal.Cast<byte, Half>(bytes), source.Name);
                data.Write(target, bytes);
                return;
            }

            var scales = new float[count * matrix.Blocks];
            BlockQuantizer.Quantize(floats, matrix.Bits, matrix.BlockSize, bytes, scales, options.Rounding);
            data.Write(target, bytes);
            data.Write(matrix.ScaleOffset + ((long)row * matrix.Blocks * sizeof(float)),
                MemoryMarshal.AsBytes(scales.AsSpan()));
        }
        finally
        {
            ArrayPool<float>.Shared.Return(values);
            ArrayPool<byte>.Shared.Return(packed);
        }
    }
}
