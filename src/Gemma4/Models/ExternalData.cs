using System.Globalization;

namespace Gemma4.Models;

/// <summary>
/// Finds the weight files that an ONNX graph points to and checks that they are there and long enough. A damaged
/// download is then reported at once and by name, not after seconds of loading.
/// </summary>
internal static class ExternalData
{
    // Field numbers of onnx.proto.
    private const int ModelGraph = 7;
    private const int GraphInitializer = 5;
    private const int TensorExternalData = 13;
    private const int EntryKey = 1;
    private const int EntryValue = 2;

    internal static void Check(string graphPath)
    {
        var needed = new Dictionary<string, long>(StringComparer.Ordinal);
        try
        {
            using var stream = new FileStream(graphPath, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16);
            var reader = new ProtobufReader(stream);
            if (stream.Length == 0)
            {
                throw new InvalidDataException("it is empty");
            }

            while (reader.Next(stream.Length, out int field, out long end))
            {
                if (field == ModelGraph && end >= 0)
                {
                    ReadGraph(reader, end, needed);
                }

                reader.SkipTo(end);
            }
        }
        catch (Exception exception) when (exception is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            throw new Gemma4ModelException(
                $"'{graphPath}' cannot be read as an ONNX graph: {exception.Message}. Copy the file again or build the folder with 'gemma4 build'.",
                exception);
        }

        foreach ((string location, long bytes) in needed)
        {
            CheckFile(graphPath, location, bytes);
        }
    }

    private static void CheckFile(string graphPath, string location, long bytes)
    {
        string path = Path.Combine(Path.GetDirectoryName(graphPath)!, location);
        if (!File.Exists(path))
        {
            throw new Gemma4ModelException(
                $"'{path}' not found: '{Path.GetFileName(graphPath)}' keeps its weights there. Copy the file next to the graph.");
        }

        long length = LengthOf(path);
        if (length < bytes)
        {
            throw new Gemma4ModelException(string.Create(
                CultureInfo.InvariantCulture,
                $"'{path}' has {length} bytes but '{Path.GetFileName(graphPath)}' needs {bytes}: it is cut off. Copy the file again."));
        }
    }

    // Opened, because the length of a link is not the length of what it points to.
    private static long LengthOf(string path)
    {
        try
        {
            using var handle = File.OpenHandle(path);
            return RandomAccess.GetLength(handle);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new Gemma4ModelException($"'{path}' cannot be opened: {exception.Message} Check that the file can be read.", exception);
        }
    }

    private static void ReadGraph(ProtobufReader reader, long end, Dictionary<string, long> needed)
    {
        while (reader.Next(end, out int field, out long fieldEnd))
        {
            if (field == GraphInitializer && fieldEnd >= 0)
            {
                ReadTensor(reader, fieldEnd, needed);
            }

            reader.SkipTo(fieldEnd);
        }
    }

    private static void ReadTensor(ProtobufReader reader, long end, Dictionary<string, long> needed)
    {
        string? location = null;
        long offset = 0;
        long length = 0;
        while (reader.Next(end, out int field, out long fieldEnd))
        {
            if (field == TensorExternalData && fieldEnd >= 0)
            {
                (string key, string value) = ReadEntry(reader, fieldEnd);
                switch (key)
                {
                    case "location":
                        location = value;
                        break;
                    case "offset":
                        offset = Number(value);
                        break;
                    case "length":
                        length = Number(value);
                        break;
                }
            }

            reader.SkipTo(fieldEnd);
        }

        if (location is not null)
        {
            needed[location] = Math.Max(needed.GetValueOrDefault(location), offset + length);
        }
    }

    private static long Number(string text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long value)
            ? value
            : throw new InvalidDataException($"the position '{text}' of a weight is not a number");

    private static (string Key, string Value) ReadEntry(ProtobufReader reader, long end)
    {
        string key = "";
        string value = "";
        while (reader.Next(end, out int field, out long fieldEnd))
        {
            if (field == EntryKey && fieldEnd >= 0)
            {
                key = reader.ReadText(fieldEnd);
            }
            else if (field == EntryValue && fieldEnd >= 0)
            {
                value = reader.ReadText(fieldEnd);
            }

            reader.SkipTo(fieldEnd);
        }

        return (key, value);
    }
}
