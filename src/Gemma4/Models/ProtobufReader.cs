using System.Text;

namespace Gemma4.Models;

/// <summary>Walks protobuf fields of a file without reading the long ones.</summary>
internal sealed class ProtobufReader(FileStream stream)
{
    /// <summary>
    /// Reads a field's header. <paramref name="fieldEnd"/> is where a length-delimited field stops, -1 for a scalar,
    /// which is skipped already. False at the end.
    /// </summary>
    internal bool Next(long end, out int field, out long fieldEnd) => Next(end, out field, out fieldEnd, out _);

    /// <summary>The same, with the value of a whole-number field.</summary>
    internal bool Next(long end, out int field, out long fieldEnd, out long value)
    {
        field = 0;
        fieldEnd = -1;
        value = 0;
        if (stream.Position >= end)
        {
            return false;
        }

        ulong tag = ReadVarint();
        field = (int)Math.Min(tag >> 3, int.MaxValue);
        switch (tag & 7)
        {
            case 0:
                value = unchecked((long)ReadVarint());
                break;
            case 1:
                SkipTo(stream.Position + 8);
                break;
            case 5:
                SkipTo(stream.Position + 4);
                break;
            case 2:
                ulong size = ReadVarint();
                if (size > (ulong)(end - stream.Position))
                {
                    throw new InvalidDataException("it is cut off or damaged");
                }

                fieldEnd = stream.Position + (long)size;
                break;
            default:
                throw new InvalidDataException("it holds no protobuf message");
        }

        return true;
    }

    internal void SkipTo(long end)
    {
        if (end > stream.Position)
        {
            stream.Seek(end, SeekOrigin.Begin);
        }
    }

    internal string ReadText(long end)
    {
        long size = end - stream.Position;
        if (size > 1 << 16)
        {
            throw new InvalidDataException("it names a weight file with more than 65536 bytes");
        }

        byte[] bytes = new byte[size];
        stream.ReadExactly(bytes);
        return Encoding.UTF8.GetString(bytes);
    }

    /// <summary>Reads a packed list of whole numbers.</summary>
    internal void ReadIntegers(long end, List<long> values)
    {
        while (stream.Position < end)
        {
            values.Add(unchecked((long)ReadVarint()));
        }
    }

    private ulong ReadVarint()
    {
        ulong value = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            int next = stream.ReadByte();
            if (next < 0)
            {
                throw new InvalidDataException("it is cut off");
            }

            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }

        throw new InvalidDataException("it holds no protobuf message");
    }
}
