using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Gemma4.OnnxRuntime;

/// <summary>
/// Reads ONNX Runtime's adapter format, a flatbuffer with the identifier TORT that holds named tensors. Every offset is
/// checked against the file, which comes from outside.
/// </summary>
internal sealed class AdapterFile
{
    private const int FormatVersion = 1;
    private const int IdentifierOffset = 4;
    private const int MaxRank = 8;

    // Positions of the members in the format's tables.
    private const int AdapterFormatVersion = 0;
    private const int AdapterParameters = 3;
    private const int ParameterName = 0;
    private const int ParameterShape = 1;
    private const int ParameterType = 2;
    private const int ParameterData = 3;

    private readonly string _path;
    private readonly List<AdapterTensor> _tensors = [];

    private AdapterFile(string path, byte[] bytes)
    {
        _path = path;
        Bytes = bytes;
    }

    /// <summary>The whole file, pinned, so that tensors can point into it.</summary>
    internal byte[] Bytes { get; }

    internal IReadOnlyList<AdapterTensor> Tensors => _tensors;

    /// <exception cref="Gemma4ModelException">The file is missing, too large or not an adapter.</exception>
    internal static AdapterFile Read(string path)
    {
        byte[] bytes;
        try
        {
            using FileStream stream = File.OpenRead(path);
            if (stream.Length > Array.MaxLength)
            {
                throw new Gemma4ModelException($"The adapter '{path}' has {stream.Length} bytes; at most {Array.MaxLength} can be read.");
            }

            bytes = GC.AllocateUninitializedArray<byte>((int)stream.Length, pinned: true);
            stream.ReadExactly(bytes);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new Gemma4ModelException($"The adapter '{path}' could not be read: {exception.Message} Check the path in Gemma4Options.Adapters.", exception);
        }

        AdapterFile file = new(path, bytes);
        file.ReadTensors();
        return file;
    }

    private void ReadTensors()
    {
        if (Bytes.Length < IdentifierOffset + 4 || !Bytes.AsSpan(IdentifierOffset, 4).SequenceEqual("TORT"u8))
        {
            throw Damaged("does not start like one; convert the adapter to ONNX Runtime's .onnx_adapter format");
        }

        int root = Follow(0);
        int version = Member(root, AdapterFormatVersion) is int at ? Int32(at) : 0;
        if (version != FormatVersion)
        {
            throw Damaged(string.Create(CultureInfo.InvariantCulture, $"has format version {version}; version {FormatVersion} is understood"));
        }

        if (Member(root, AdapterParameters) is not int list)
        {
            throw Damaged("holds no tensors");
        }

        (int start, int count) = Vector(list, sizeof(int));
        HashSet<string> names = new(StringComparer.Ordinal);
        for (int index = 0; index < count; index++)
        {
            AdapterTensor tensor = Tensor(Follow(start + (index * sizeof(int))));
            if (!names.Add(tensor.Name))
            {
                throw Damaged($"holds '{tensor.Name}' twice");
            }

            _tensors.Add(tensor);
        }
    }

    private AdapterTensor Tensor(int table)
    {
        if (Member(table, ParameterName) is not int nameAt || Member(table, ParameterShape) is not int shapeAt
            || Member(table, ParameterType) is not int typeAt || Member(table, ParameterData) is not int dataAt)
        {
            throw Damaged("holds a tensor without name, shape, type or data");
        }

        (int nameStart, int nameLength) = Vector(nameAt, sizeof(byte));
        string name = Encoding.UTF8.GetString(Bytes, nameStart, nameLength);
        (int shapeStart, int rank) = Vector(shapeAt, sizeof(long));
        if (rank > MaxRank)
        {
            throw Damaged($"holds '{name}' with {rank} axes");
        }

        (TensorElementType type, int size) = ElementType(Int32(typeAt), name);
        long[] shape = new long[rank];
        long bytes = size;
        for (int axis = 0; axis < rank; axis++)
        {
            shape[axis] = BinaryPrimitives.ReadInt64LittleEndian(Span(shapeStart + (axis * sizeof(long)), sizeof(long)));
            if (shape[axis] < 0 || shape[axis] > int.MaxValue || (bytes *= shape[axis]) > int.MaxValue)
            {
                throw Damaged($"holds '{name}' with an impossible size");
            }
        }

        (int dataStart, int dataLength) = Vector(dataAt, sizeof(byte));
        return dataLength == bytes
            ? new AdapterTensor(name, type, shape, dataStart, dataLength)
            : throw Damaged(string.Create(CultureInfo.InvariantCulture, $"holds {dataLength} bytes for '{name}' where its shape needs {bytes}"));
    }

    private (TensorElementType Type, int Size) ElementType(int code, string name) => code switch
    {
        1 => (TensorElementType.Float, 4),
        10 => (TensorElementType.Float16, 2),
        16 => (TensorElementType.BFloat16, 2),
        _ => throw Damaged(string.Create(CultureInfo.InvariantCulture, $"holds '{name}' with element type {code}; float32, float16 and bfloat16 are understood")),
    };

    /// <summary>Position of a table's member, or null when the table leaves it out.</summary>
    private int? Member(int table, int index)
    {
        int layout = Checked((long)table - Int32(table), sizeof(ushort) * 2);
        int slot = sizeof(ushort) * (2 + index);
        if (slot + sizeof(ushort) > UInt16(layout))
        {
            return null;
        }

        int offset = UInt16(layout + slot);
        return offset == 0 ? null : Checked((long)table + offset, sizeof(int));
    }

    /// <summary>Start and element count of the vector or string that a member points to.</summary>
    private (int Start, int Count) Vector(int member, int elementSize)
    {
        int at = Follow(member);
        int count = Int32(at);
        return count >= 0
            ? (Checked((long)at + sizeof(int), (long)count * elementSize), count)
            : throw Damaged("holds a list of negative length");
    }

    private int Follow(int at) => Checked(at + (long)(uint)Int32(at), sizeof(int));

    private int Int32(int at) => BinaryPrimitives.ReadInt32LittleEndian(Span(at, sizeof(int)));

    private int UInt16(int at) => BinaryPrimitives.ReadUInt16LittleEndian(Span(at, sizeof(ushort)));

    private ReadOnlySpan<byte> Span(int at, int length) => Bytes.AsSpan(Checked(at, length), length);

    private int Checked(long at, long length) =>
        at >= 0 && at + length <= Bytes.Length ? (int)at : throw Damaged("points past its end; it is cut off or not an adapter");

    private Gemma4ModelException Damaged(string what) => new($"The adapter '{_path}' {what}.");
}
