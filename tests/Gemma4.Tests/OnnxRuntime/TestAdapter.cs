using System.Buffers.Binary;
using System.Text;

namespace Gemma4.Tests.OnnxRuntime;

/// <summary>Writes ONNX Runtime's adapter format by hand: a flatbuffer of named float tensors.</summary>
internal static class TestAdapter
{
    public static byte[] Write(params (string Name, long[] Shape, float[] Values)[] tensors)
    {
        Writer writer = new();
        writer.Int32(0); // root, set below
        writer.Bytes("TORT"u8);
        var adapterLayout = writer.Layout(20, 4, 8, 12, 16);
        writer.PatchOffset(0, writer.Length);
        writer.Int32(writer.Length - adapterLayout);
        writer.Int32(1); // format version
        writer.Int32(1);
        writer.Int32(1);
        var list = writer.Length;
        writer.Int32(0);
        writer.PatchOffset(list, writer.Length);
        writer.Int32(tensors.Length);
        var entries = writer.Length;
        foreach (var _ in tensors)
        {
            writer.Int32(0);
        }

        for (var index = 0; index < tensors.Length; index++)
        {
            var (name, shape, values) = tensors[index];
            var layout = writer.Layout(20, 4, 8, 12, 16);
            writer.PatchOffset(entries + (4 * index), writer.Length);
            writer.Int32(writer.Length - layout);
            var members = writer.Length;
            writer.Int32(0); // name
            writer.Int32(0); // shape
            writer.Int32(1); // float
            writer.Int32(0); // data

            writer.PatchOffset(members, writer.Length);
            writer.Int32(Encoding.UTF8.GetByteCount(name));
            writer.Bytes(Encoding.UTF8.GetBytes(name + "\0"));

            writer.AlignVector();
            writer.PatchOffset(members + 4, writer.Length);
            writer.Int32(shape.Length);
            foreach (var size in shape)
            {
                writer.Int64(size);
            }

            writer.AlignVector();
            writer.PatchOffset(members + 12, writer.Length);
            writer.Int32(values.Length * sizeof(float));
            foreach (var value in values)
            {
                writer.Int32(BitConverter.SingleToInt32Bits(value));
            }
        }

        return writer.ToArray();
    }

    private sealed class Writer
    {
        private readonly List<byte> _bytes = [];

        public int Length => _bytes.Count;

        public void Bytes(ReadOnlySpan<byte> bytes) => _bytes.AddRange(bytes);

        public void Int32(int value)
        {
            Span<byte> bytes = stackalloc byte[4];
            BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
            Bytes(bytes);
        }

        public void Int64(long value)
        {
            Span<byte> bytes = stackalloc byte[8];
            BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
            Bytes(bytes);
        }

        /// <summary>The table of a table's member positions; what follows it is aligned to 4.</summary>
        public int Layout(ushort tableSize, params ReadOnlySpan<ushort> members)
        {
            Align(4);
            var at = Length;
            UInt16((ushort)(4 + (2 * members.Length)));
            UInt16(tableSize);
            foreach (var member in members)
            {
                UInt16(member);
            }

            Align(4);
            return at;
        }

        /// <summary>Puts the elements that follow the next length on a multiple of 8.</summary>
        public void AlignVector()
        {
            while (Length % 8 != 4)
            {
                _bytes.Add(0);
            }
        }

        public void PatchOffset(int at, int target)
        {
            Span<byte> bytes = stackalloc byte[4];
            BinaryPrimitives.WriteInt32LittleEndian(bytes, target - at);
            for (var index = 0; index < bytes.Length; index++)
            {
                _bytes[at + index] = bytes[index];
            }
        }

        public byte[] ToArray()
        {
            Align(8);
            return [.. _bytes];
        }

        private void UInt16(ushort value) => Bytes([(byte)value, (byte)(value >> 8)]);

        private void Align(int size)
        {
            while (Length % size != 0)
            {
                _bytes.Add(0);
            }
        }
    }
}
