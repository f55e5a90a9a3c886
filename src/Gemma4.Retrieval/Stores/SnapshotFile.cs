using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace Gemma4.Retrieval.Stores;

/// <summary>
/// All collections in one file, little-endian: a mark; for each collection its name, length and checksum of what follows, the
/// records as JSON with their lengths, and per vector property its name, dimensions, a bit per record that has a vector, and
/// the vectors' values in one piece; a mark at the end.
/// </summary>
internal static class SnapshotFile
{
    public const int BufferSize = 1 << 20;

    private const ulong Start = 0x32_50_4E_53_34_4D_4D_47; // "GMM4SNP2"
    private const int BitsPerByte = 8;

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
                    WriteSection(stream, section.Name, output => section.CopyTo(output, cancellationToken));
                }

                foreach ((string name, InMemoryTable table) in tables)
                {
                    WriteSection(stream, name, output => WriteTable(output, table, cancellationToken));
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

    /// <summary>Finds the collections of a file and checks that each is as it was written.</summary>
    /// <exception cref="InvalidDataException">The file is no snapshot, is cut off or damaged.</exception>
    public static List<SnapshotSection> Open(string path, CancellationToken cancellationToken = default)
    {
        using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, BufferSize);
        using BinaryReader reader = new(stream, Encoding.UTF8);
        try
        {
            List<SnapshotSection> sections = [];
            if (reader.ReadUInt64() != Start)
            {
                throw new InvalidDataException($"'{path}' is no snapshot of an in-memory store, or one of an earlier version. Index the documents again.");
            }

            while (reader.ReadString() is { Length: > 0 } name)
            {
                cancellationToken.ThrowIfCancellationRequested();
                long length = reader.ReadInt64();
                ulong checksum = reader.ReadUInt64();
                if (length < 0 || length > stream.Length - stream.Position)
                {
                    throw new EndOfStreamException();
                }

                sections.Add(new SnapshotSection(Path.GetFullPath(path), name, stream.Position, length));
                if (ChecksumStream.Of(stream, name, length) != checksum)
                {
                    throw new InvalidDataException($"'{path}' is damaged: the collection '{name}' is not as it was saved. Take a copy of the file, or index the documents again.");
                }
            }

            return reader.ReadUInt64() == Start && stream.Position == stream.Length ? sections : throw new EndOfStreamException();
        }
        catch (Exception exception) when (exception is EndOfStreamException or FormatException or ArgumentException)
        {
            throw new InvalidDataException($"'{path}' is cut off or damaged; a snapshot ends with its mark. Take a copy of the file, or index the documents again.", exception);
        }
    }

    /// <summary>Bytes of a bit for each of so many rows.</summary>
    public static int MapBytes(int rows) => (rows + BitsPerByte - 1) / BitsPerByte;

    public static bool InMap(ReadOnlySpan<byte> map, int row) => (map[row / BitsPerByte] & (1 << (row % BitsPerByte))) != 0;

    private static void WriteSection(FileStream stream, string name, Action<Stream> content)
    {
        using BinaryWriter writer = new(stream, Encoding.UTF8, leaveOpen: true);
        writer.Write(name);
        writer.Write(0L);
        writer.Write(0UL);
        writer.Flush();
        long start = stream.Position;
        ChecksumStream output = new(stream, name);
        content(output);
        long end = stream.Position;
        stream.Position = start - sizeof(long) - sizeof(ulong);
        writer.Write(end - start);
        writer.Write(output.Checksum);
        writer.Flush();
        stream.Position = end;
    }

    private static void WriteTable(Stream output, InMemoryTable table, CancellationToken cancellationToken)
    {
        using BinaryWriter writer = new(output, Encoding.UTF8, leaveOpen: true);
        table.Lock.EnterReadLock();
        try
        {
            int[] rows = [.. table.RowOf.Values.Order()];
            writer.Write(rows.Length);
            using MemoryStream buffer = new();
            using Utf8JsonWriter json = new(buffer);
            foreach (int row in rows)
            {
                cancellationToken.ThrowIfCancellationRequested();
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
                writer.Write(table.Shape.Model.VectorProperties[i].StorageName);
                WriteVectors(writer, table.Vectors[i], rows, cancellationToken);
            }
        }
        finally
        {
            table.Lock.ExitReadLock();
        }
    }

    private static void WriteVectors(BinaryWriter writer, VectorMatrix matrix, int[] rows, CancellationToken cancellationToken)
    {
        writer.Write(matrix.Dimensions);
        byte[] map = new byte[MapBytes(rows.Length)];
        List<int> present = [];
        for (int i = 0; i < rows.Length; i++)
        {
            if (matrix.Has(rows[i]))
            {
                map[i / BitsPerByte] |= (byte)(1 << (i % BitsPerByte));
                present.Add(rows[i]);
            }
        }

        writer.Write(map);
        for (int i = 0; i < present.Count;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            // As many neighbours of one block as there are go out in one piece.
            int first = present[i];
            int count = 1;
            while (i + count < present.Count && present[i + count] == first + count && (first + count) / matrix.BlockRows == first / matrix.BlockRows)
            {
                count++;
            }

            writer.Write(MemoryMarshal.AsBytes(matrix.BlockOf(first).Rows(first % matrix.BlockRows, count)));
            i += count;
        }
    }
}
