using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.Win32.SafeHandles;

namespace Gemma4.ModelBuilder.Checkpoints;

/// <summary>
/// A safetensors file: eight bytes of header length, a JSON header of names, types, shapes and offsets, then the data.
/// Everything the header claims is checked against the file before the first weight is read.
/// </summary>
internal sealed class SafetensorsFile : ITensorData, IDisposable
{
    private const long LargestHeader = 100_000_000;
    private const string DownloadAgain = "The file is damaged or its download was cut short; fetch it again.";

    private readonly SafeFileHandle _handle;
    private readonly Dictionary<string, CheckpointTensor> _tensors = new(StringComparer.Ordinal);
    private long _dataStart;

    private SafetensorsFile(string path, SafeFileHandle handle)
    {
        Path = path;
        _handle = handle;
    }

    public string Path { get; }

    public IReadOnlyDictionary<string, CheckpointTensor> Tensors => _tensors;

    public static SafetensorsFile Open(string path)
    {
        var handle = File.OpenHandle(path, options: FileOptions.SequentialScan);
        var file = new SafetensorsFile(path, handle);
        try
        {
            file.ReadHeader();
            return file;
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    public void Dispose() => _handle.Dispose();

    /// <summary>Reads values from the element <paramref name="firstElement"/> on and widens them to 32-bit floats.</summary>
    public void Read(CheckpointTensor tensor, long firstElement, Span<float> destination)
    {
        var position = _dataStart + tensor.Offset;
        if (tensor.Type == SafetensorsType.F32)
        {
            ReadExactly(tensor, position + (firstElement * 4), MemoryMarshal.AsBytes(destination));
            return;
        }

        var rented = ArrayPool<byte>.Shared.Rent(destination.Length * 2);
        try
        {
            var bytes = rented.AsSpan(0, destination.Length * 2);
            ReadExactly(tensor, position + (firstElement * 2), bytes);
            Widen(tensor.Type, MemoryMarshal.Cast<byte, ushort>(bytes), destination);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private static void Widen(SafetensorsType type, ReadOnlySpan<ushort> source, Span<float> destination)
    {
        if (type == SafetensorsType.F16)
        {
            for (var i = 0; i < source.Length; i++)
            {
                destination[i] = (float)BitConverter.UInt16BitsToHalf(source[i]);
            }

            return;
        }

        // A bfloat16 is the upper half of the float with the same value.
        var bits = MemoryMarshal.Cast<float, uint>(destination);
        var done = 0;
        for (; done <= source.Length - Vector<ushort>.Count; done += Vector<ushort>.Count)
        {
            Vector.Widen(new Vector<ushort>(source[done..]), out var low, out var high);
            (low << 16).CopyTo(bits[done..]);
            (high << 16).CopyTo(bits[(done + Vector<uint>.Count)..]);
        }

        for (; done < source.Length; done++)
        {
            bits[done] = (uint)source[done] << 16;
        }
    }

    private void ReadExactly(CheckpointTensor tensor, long position, Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            var read = RandomAccess.Read(_handle, destination, position);
            if (read == 0)
            {
                throw Damaged($"tensor '{tensor.Name}' ends beyond the end of the file. {DownloadAgain}");
            }

            destination = destination[read..];
            position += read;
        }
    }

    private void ReadHeader()
    {
        var fileLength = RandomAccess.GetLength(_handle);
        Span<byte> prefix = stackalloc byte[8];
        if (fileLength < 8 || RandomAccess.Read(_handle, prefix, 0) < 8)
        {
            throw Damaged($"has {fileLength} bytes, too few for a safetensors header. {DownloadAgain}");
        }

        var headerLength = BinaryPrimitives.ReadInt64LittleEndian(prefix);
        if (headerLength < 2 || headerLength > LargestHeader || headerLength > fileLength - 8)
        {
            throw Damaged(
                $"says its header has {headerLength} bytes, but the file has {fileLength}. {DownloadAgain}");
        }

        var header = new byte[headerLength];
        var filled = 0;
        while (filled < header.Length)
        {
            var read = RandomAccess.Read(_handle, header.AsSpan(filled), 8 + filled);
            filled += read > 0 ? read : throw Damaged($"ends inside its header. {DownloadAgain}");
        }

        _dataStart = 8 + headerLength;
        try
        {
            using var document = JsonDocument.Parse(header);
            foreach (var entry in document.RootElement.EnumerateObject())
            {
                if (entry.Name != "__metadata__")
                {
                    AddTensor(entry.Name, entry.Value, fileLength - _dataStart);
                }
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException
            or FormatException)
        {
            throw new InvalidDataException($"'{Path}' has an unreadable header ({e.Message}). {DownloadAgain}", e);
        }

        CheckOverlap();
    }

    private void AddTensor(string name, JsonElement entry, long dataLength)
    {
        var shapeElement = entry.GetProperty("shape");
        var shape = new int[shapeElement.GetArrayLength()];
        var elements = 1L;
        for (var i = 0; i < shape.Length; i++)
        {
            shape[i] = shapeElement[i].GetInt32();
            elements = shape[i] < 0 ? throw Damaged($"tensor '{name}' has a negative size. {DownloadAgain}")
                : checked(elements * shape[i]);
        }

        var offsets = entry.GetProperty("data_offsets");
        var begin = offsets[0].GetInt64();
        var end = offsets[1].GetInt64();
        var type = entry.GetProperty("dtype").GetString() ?? "";
        if (begin < 0 || end < begin)
        {
            throw Damaged($"tensor '{name}' has the impossible offsets {begin} to {end}. {DownloadAgain}");
        }

        if (end > dataLength)
        {
            throw Damaged($"tensor '{name}' ends at data byte {end}, but the file holds {dataLength}. {DownloadAgain}");
        }

        var tensor = new CheckpointTensor(this, name, type, shape, begin, end - begin);
        var elementSize = tensor.Type switch
        {
            SafetensorsType.F32 => 4,
            SafetensorsType.F16 or SafetensorsType.BF16 => 2,
            _ => 0,
        };
        if (elementSize != 0 && elements * elementSize != end - begin)
        {
            throw Damaged($"tensor '{name}' of shape {CheckpointTensor.Describe(shape)} needs "
                + $"{elements * elementSize} bytes, but its offsets span {end - begin}. {DownloadAgain}");
        }

        if (!_tensors.TryAdd(name, tensor))
        {
            throw Damaged($"tensor '{name}' is listed twice. Export the checkpoint again.");
        }
    }

    private void CheckOverlap()
    {
        var ordered = _tensors.Values.OrderBy(t => t.Offset).ThenBy(t => t.Length).ToArray();
        for (var i = 1; i < ordered.Length; i++)
        {
            var before = ordered[i - 1];
            if (before.Offset + before.Length > ordered[i].Offset)
            {
                throw Damaged($"tensors '{before.Name}' and '{ordered[i].Name}' overlap. {DownloadAgain}");
            }
        }
    }

    private InvalidDataException Damaged(string fact) => new($"'{Path}': {fact}");
}
