using System.Runtime.InteropServices;
using System.Text;
using Gemma4.Retrieval.Search;
using Microsoft.Extensions.VectorData.ProviderServices;

namespace Gemma4.Retrieval.Stores;

/// <summary>One collection inside a snapshot file that has not been read yet.</summary>
internal sealed class SnapshotSection(string path, string name, long offset, long length)
{
    private const int BufferSize = 1 << 20;

    public string Name => name;

    public string Path => path;

    /// <exception cref="InvalidDataException">The vectors have another number of dimensions than the record's definition.</exception>
    public InMemoryTable Read(RecordShape shape, TextAnalyzer analyzer)
    {
        using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, BufferSize);
        stream.Position = offset;
        using BinaryReader reader = new(stream, Encoding.UTF8);
        Dictionary<string, PropertyModel> properties = RecordJson.ByStorageName(shape);
        object[] records = new object[reader.ReadInt32()];
        byte[] line = [];
        for (int i = 0; i < records.Length; i++)
        {
            int bytes = reader.ReadInt32();
            if (line.Length < bytes)
            {
                line = new byte[bytes * 2];
            }

            reader.BaseStream.ReadExactly(line, 0, bytes);
            records[i] = RecordJson.Read(line.AsSpan(0, bytes), shape, properties);
        }

        InMemoryTable table = new(shape, analyzer);
        foreach (object record in records)
        {
            table.Set(shape.KeyOf(record), record, _ => null);
        }

        int matrices = reader.ReadInt32();
        for (int i = 0; i < matrices; i++)
        {
            ReadVectors(reader, shape, table, records.Length);
        }

        return table;
    }

    public void CopyTo(BinaryWriter writer)
    {
        using FileStream stream = File.OpenRead(path);
        stream.Position = offset;
        byte[] buffer = new byte[BufferSize];
        for (long left = length; left > 0;)
        {
            int count = (int)Math.Min(left, buffer.Length);
            stream.ReadExactly(buffer, 0, count);
            writer.Write(buffer, 0, count);
            left -= count;
        }
    }

    private void ReadVectors(BinaryReader reader, RecordShape shape, InMemoryTable table, int rows)
    {
        string property = reader.ReadString();
        int dimensions = reader.ReadInt32();
        int index = shape.Model.VectorProperties.Index().FirstOrDefault(item => item.Item.StorageName == property, (-1, null!)).Index;
        if (index >= 0 && shape.Model.VectorProperties[index].Dimensions != dimensions)
        {
            throw new InvalidDataException($"'{property}' of the collection '{name}' was saved with {dimensions} dimensions and is now defined with {shape.Model.VectorProperties[index].Dimensions}.");
        }

        float[] vector = new float[dimensions];
        if (index >= 0)
        {
            table.Vectors[index].Reserve(rows);
        }

        for (int row = 0; row < rows; row++)
        {
            if (reader.ReadBoolean())
            {
                reader.BaseStream.ReadExactly(MemoryMarshal.AsBytes(vector.AsSpan()));
                if (index >= 0)
                {
                    table.Vectors[index].Set(row, vector);
                }
            }
        }
    }
}
