using System.Globalization;

namespace Gemma4.Models;

/// <summary>A weight or an input of a graph. A dimension that is open in the graph is 0.</summary>
internal sealed record GraphTensor(string Name, int ElementType, IReadOnlyList<long> Dimensions)
{
    /// <summary>Element type of 32-bit floats in onnx.proto.</summary>
    internal const int Float = 1;

    /// <summary>Element type of 8-bit integers in onnx.proto.</summary>
    internal const int Int8 = 3;

    // Field numbers of onnx.proto.
    private const int TensorDimensions = 1;
    private const int TensorType = 2;
    private const int TensorName = 8;
    private const int TensorExternalData = 13;
    private const int EntryKey = 1;
    private const int EntryValue = 2;
    private const int ValueName = 1;
    private const int ValueType = 2;
    private const int TypeTensor = 1;
    private const int TypeElement = 1;
    private const int TypeShape = 2;
    private const int ShapeDimension = 1;
    private const int DimensionSize = 1;

    /// <summary>File beside the graph that holds the values; null when they are inside the graph.</summary>
    internal string? Location { get; init; }

    /// <summary>First byte in <see cref="Location"/>.</summary>
    internal long Offset { get; init; }

    /// <summary>Bytes in <see cref="Location"/>.</summary>
    internal long Length { get; init; }

    /// <summary>Bytes of all values; an open dimension counts as one.</summary>
    internal long Bytes => Dimensions.Aggregate(ElementBytes, (bytes, size) => bytes * Math.Max(size, 1));

    // The element types of onnx.proto that occur in decoders: float, (u)int8, int32, int64, bool, float16, bfloat16.
    private long ElementBytes => ElementType switch
    {
        2 or 3 or 9 => 1,
        10 or 16 => 2,
        7 => 8,
        _ => 4,
    };

    internal static GraphTensor ReadWeight(ProtobufReader reader, long end)
    {
        string name = "";
        int type = 0;
        string? location = null;
        long offset = 0;
        long length = 0;
        var dimensions = new List<long>();
        while (reader.Next(end, out int field, out long fieldEnd, out long value))
        {
            switch (field)
            {
                case TensorDimensions when fieldEnd < 0:
                    dimensions.Add(value);
                    break;
                case TensorDimensions:
                    reader.ReadIntegers(fieldEnd, dimensions);
                    break;
                case TensorType when fieldEnd < 0:
                    type = (int)value;
                    break;
                case TensorName when fieldEnd >= 0:
                    name = reader.ReadText(fieldEnd);
                    break;
                case TensorExternalData when fieldEnd >= 0:
                    (string key, string text) = ReadEntry(reader, fieldEnd);
                    location = key == "location" ? text : location;
                    offset = key == "offset" ? Number(text) : offset;
                    length = key == "length" ? Number(text) : length;
                    break;
            }

            reader.SkipTo(fieldEnd);
        }

        return new GraphTensor(name, type, dimensions) { Location = location, Offset = offset, Length = length };
    }

    internal static GraphTensor ReadInput(ProtobufReader reader, long end)
    {
        string name = "";
        int type = 0;
        var dimensions = new List<long>();
        while (reader.Next(end, out int field, out long fieldEnd))
        {
            if (field == ValueName && fieldEnd >= 0)
            {
                name = reader.ReadText(fieldEnd);
            }
            else if (field == ValueType && fieldEnd >= 0)
            {
                while (reader.Next(fieldEnd, out int kind, out long kindEnd))
                {
                    type = kind == TypeTensor && kindEnd >= 0 ? ReadType(reader, kindEnd, dimensions) : type;
                    reader.SkipTo(kindEnd);
                }
            }

            reader.SkipTo(fieldEnd);
        }

        return new GraphTensor(name, type, dimensions);
    }

    private static int ReadType(ProtobufReader reader, long end, List<long> dimensions)
    {
        int type = 0;
        while (reader.Next(end, out int field, out long fieldEnd, out long value))
        {
            if (field == TypeElement && fieldEnd < 0)
            {
                type = (int)value;
            }
            else if (field == TypeShape && fieldEnd >= 0)
            {
                while (reader.Next(fieldEnd, out int part, out long partEnd))
                {
                    if (part == ShapeDimension && partEnd >= 0)
                    {
                        dimensions.Add(ReadDimension(reader, partEnd));
                    }

                    reader.SkipTo(partEnd);
                }
            }

            reader.SkipTo(fieldEnd);
        }

        return type;
    }

    private static long ReadDimension(ProtobufReader reader, long end)
    {
        long size = 0;
        while (reader.Next(end, out int field, out long fieldEnd, out long value))
        {
            size = field == DimensionSize && fieldEnd < 0 ? value : size;
            reader.SkipTo(fieldEnd);
        }

        return size;
    }

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

    private static long Number(string text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long value)
            ? value
            : throw new InvalidDataException($"the position '{text}' of a weight is not a number");
}
