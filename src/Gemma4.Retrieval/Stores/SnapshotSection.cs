using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Gemma4.Retrieval.Search;
using Microsoft.Extensions.VectorData.ProviderServices;
using Microsoft.Win32.SafeHandles;

namespace Gemma4.Retrieval.Stores;

/// <summary>One collection inside a snapshot file that has not been read yet.</summary>
internal sealed class SnapshotSection(string path, string name, long offset, long length)
{
    public string Name => name;

    public string Path => path;

    /// <exception cref="InvalidDataException">The records or the number of dimensions do not fit the record's definition.</exception>
    public InMemoryTable Read(RecordShape shape, TextAnalyzer analyzer)
    {
        using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, SnapshotFile.BufferSize);
        stream.Position = offset;
        using BinaryReader reader = new(stream, Encoding.UTF8);
        Dictionary<string, PropertyModel> properties = RecordJson.ByStorageName(shape);
        InMemoryTable table = new(shape, analyzer);
        int rows = reader.ReadInt32();
        byte[] line = [];
        for (int i = 0; i < rows; i++)
        {
            int bytes = reader.ReadInt32();
            if (line.Length < bytes)
            {
                line = new byte[bytes * 2];
            }

            stream.ReadExactly(line, 0, bytes);
            object record = Parse(line.AsSpan(0, bytes), shape, properties);
            table.Set(shape.KeyOf(record), record, _ => null);
        }

        int matrices = reader.ReadInt32();
        for (int i = 0; i < matrices; i++)
        {
            ReadVectors(stream, reader, table, rows);
        }

        return table;
    }

    public void CopyTo(Stream output, CancellationToken cancellationToken)
    {
        using FileStream stream = File.OpenRead(path);
        stream.Position = offset;
        byte[] buffer = new byte[SnapshotFile.BufferSize];
        for (long left = length; left > 0;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int count = (int)Math.Min(left, buffer.Length);
            stream.ReadExactly(buffer, 0, count);
            output.Write(buffer, 0, count);
            left -= count;
        }
    }

    private object Parse(ReadOnlySpan<byte> json, RecordShape shape, Dictionary<string, PropertyModel> properties)
    {
        try
        {
            return RecordJson.Read(json, shape, properties);
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException(
                $"A record of the collection '{name}' in '{path}' does not fit {shape.RecordType.Name}: {exception.Message} Define the record as it was saved, or index the documents again.", exception);
        }
    }

    private void ReadVectors(FileStream stream, BinaryReader reader, InMemoryTable table, int rows)
    {
        string property = reader.ReadString();
        int dimensions = reader.ReadInt32();
        byte[] map = reader.ReadBytes(SnapshotFile.MapBytes(rows));
        int present = Enumerable.Range(0, rows).Count(row => SnapshotFile.InMap(map, row));
        long values = stream.Position;
        int index = table.Shape.Model.VectorProperties.Index().FirstOrDefault(item => item.Item.StorageName == property, (-1, null!)).Index;
        if (index >= 0 && table.Vectors[index].Dimensions != dimensions)
        {
            throw new InvalidDataException($"'{property}' of the collection '{name}' was saved with {dimensions} dimensions and is now defined with {table.Vectors[index].Dimensions}.");
        }

        if (index >= 0 && rows > 0)
        {
            table.Vectors[index].Reserve(rows);
            ReadBlocks(stream.SafeFileHandle, values, table.Vectors[index], rows, map);
        }

        stream.Position = values + ((long)present * dimensions * sizeof(float));
    }

    // Rows were numbered from 0 without gaps when they were saved, so they lie in the blocks as they do in the file.
    private static void ReadBlocks(SafeFileHandle file, long start, VectorMatrix matrix, int rows, byte[] map)
    {
        int blocks = (rows + matrix.BlockRows - 1) / matrix.BlockRows;
        long[] before = new long[blocks]; // vectors in the file before a block's first
        for (int row = 0, count = 0; row < rows; row++)
        {
            if (row % matrix.BlockRows == 0)
            {
                before[row / matrix.BlockRows] = count;
            }

            count += SnapshotFile.InMap(map, row) ? 1 : 0;
        }

        Parallel.For(0, blocks, index =>
        {
            int first = index * matrix.BlockRows;
            int last = Math.Min(rows, first + matrix.BlockRows);
            VectorBlock block = matrix.BlockOf(first);
            long at = start + (before[index] * matrix.Dimensions * sizeof(float));
            for (int row = first; row < last;)
            {
                int count = 0;
                while (row + count < last && SnapshotFile.InMap(map, row + count))
                {
                    count++;
                }

                Span<byte> bytes = MemoryMarshal.AsBytes(block.Rows(row - first, count));
                ReadExactly(file, bytes, at);
                at += bytes.Length;
                for (int i = 0; i < count; i++)
                {
                    block.Accept(row - first + i);
                }

                row += count + 1;
            }
        });
    }

    private static void ReadExactly(SafeFileHandle file, Span<byte> bytes, long at)
    {
        while (!bytes.IsEmpty)
        {
            int read = RandomAccess.Read(file, bytes, at);
            bytes = read > 0 ? bytes[read..] : throw new EndOfStreamException();
            at += read;
        }
    }
}
