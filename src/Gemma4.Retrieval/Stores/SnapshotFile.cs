using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace Gemma4.Retrieval.Stores;

/// <summary>
/// All collections in one file, little-endian: a mark; for each collection its name, the length of what follows, the records
/// as JSON lines with their lengths, and per vector property its name, dimensions and raw values; a mark at the end.
/// </summary>
internal static class SnapshotFile
{
    private const ulong Start = 0x31_50_4E_53_34_4D_4D_47; // "GMM4SNP1"
    private const int BufferSize = 1 << 20;

    public static void Write(string path, IReadOnlyDictionary<string, InMemoryTable> tables, IReadOnlyDictionary<string, SnapshotSection> unread, CancellationToken cancellationToken)
    {
        string temporary = path + ".writing";
        try
        {
            using (FileStream stream = new(temporary, FileMode.Create, FileAccess.Write, FileShare.None, BufferSize))
            {
                using BinaryWriter writer = new(stream, Encoding.UTF8, leaveOpen: true);
                writer.Write(Start);
                foreach (SnapshotSection section in unread.Values)
                {
                    WriteSection(writer, section.Name, section.CopyTo);
                }

                foreach ((string name, InMemoryTable table) in tables)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    WriteSection(writer, name, output => WriteTable(output, table));
                }

                writer.Write(string.Empty);
                writer.Write(Start);
                writer.Flush();
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    public static List<SnapshotSection> Open(string path)
    {
        using FileStream stream = File.OpenRead(path);
        using BinaryReader reader = new(stream, Encoding.UTF8);
        try
        {
            List<SnapshotSection> sections = [];
            if (reader.ReadUInt64() != Start)
            {
                throw new InvalidDataException($"'{path}' is no snapshot of an in-memory store.");
            }

            while (reader.ReadString() is { Length: > 0 } name)
            {
                long length = reader.ReadInt64();
                sections.Add(new SnapshotSection(Path.GetFullPath(path), name, stream.Position, length));
                if (length < 0 || length > stream.Length - stream.Position)
                {
                    throw new EndOfStreamException();
                }

                stream.Position += length;
            }

            return reader.ReadUInt64() == Start ? sections : throw new EndOfStreamException();
        }
        catch (EndOfStreamException)
        {
            throw new InvalidDataException($"'{path}' is cut off; a snapshot ends with its mark.");
        }
    }

    private static void WriteSection(BinaryWriter writer, string name, Action<BinaryWriter> content)
    {
        writer.Write(name);
        writer.Write(0L);
        writer.Flush();
        long start = writer.BaseStream.Position;
        content(writer);
        writer.Flush();
        long end = writer.BaseStream.Position;
        writer.BaseStream.Position = start - sizeof(long);
        writer.Write(end - start);
        writer.Flush();
        writer.BaseStream.Position = end;
    }

    private static void WriteTable(BinaryWriter writer, InMemoryTable table)
    {
        table.Lock.EnterReadLock();
        try
        {
            int[] rows = [.. table.RowOf.Values.Order()];
            writer.Write(rows.Length);
            using MemoryStream buffer = new();
            using Utf8JsonWriter json = new(buffer);
            foreach (int row in rows)
            {
                buffer.SetLength(0);
                json.Reset();
                RecordJson.Write(json, table.Shape, table.Records[row]!);
                json.Flush();
                writer.Write((int)buffer.Length);
                writer.Write(buffer.GetBuffer(), 0, (int)buffer.Length);
            }

            writer.Write(table.Vectors.Length);
            for (int i = 0; i < table.Vectors.Length; i++)
            {
                VectorMatrix matrix = table.Vectors[i];
                writer.Write(table.Shape.Model.VectorProperties[i].StorageName);
                writer.Write(matrix.Dimensions);
                foreach (int row in rows)
                {
                    writer.Write(matrix.Has(row));
                    if (matrix.Has(row))
                    {
                        writer.Write(MemoryMarshal.AsBytes(matrix[row]));
                    }
                }
            }
        }
        finally
        {
            table.Lock.ExitReadLock();
        }
    }
}
