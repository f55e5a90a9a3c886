using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Gemma4.ModelBuilder.Onnx;

/// <summary>Writes the fields of one protobuf message. Nested messages are written on their own and added whole.</summary>
internal sealed class ProtobufWriter
{
    private const int VarintWire = 0;
    private const int LengthWire = 2;
    private const int Fixed32Wire = 5;

    private readonly ArrayBufferWriter<byte> _buffer = new();

    public ReadOnlySpan<byte> Written => _buffer.WrittenSpan;

    public ProtobufWriter Int64(int field, long value)
    {
        Varint(Tag(field, VarintWire));
        Varint(unchecked((ulong)value));
        return this;
    }

    public ProtobufWriter Single(int field, float value)
    {
        Varint(Tag(field, Fixed32Wire));
        BinaryPrimitives.WriteSingleLittleEndian(_buffer.GetSpan(4), value);
        _buffer.Advance(4);
        return this;
    }

    public ProtobufWriter Text(int field, string value) => Bytes(field, Encoding.UTF8.GetBytes(value));

    public ProtobufWriter Bytes(int field, ReadOnlySpan<byte> value)
    {
        Varint(Tag(field, LengthWire));
        Varint((ulong)value.Length);
        _buffer.Write(value);
        return this;
    }

    public ProtobufWriter Message(int field, ProtobufWriter message) => Bytes(field, message.Written);

    private static ulong Tag(int field, int wire) => ((ulong)field << 3) | (uint)wire;

    private void Varint(ulong value)
    {
        var span = _buffer.GetSpan(10);
        var length = 0;
        while (value >= 0x80)
        {
            span[length++] = (byte)(value | 0x80);
            value >>= 7;
        }

        span[length++] = (byte)value;
        _buffer.Advance(length);
    }
}
