using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Gemma4.ModelBuilder.Tests;

/// <summary>A copy of a tiny checkpoint whose tensors and configuration a test may change before it is saved.</summary>
internal sealed class CheckpointEditor
{
    private readonly string _directory;
    private readonly SortedDictionary<string, Tensor> _tensors = new(StringComparer.Ordinal);

    public CheckpointEditor(string source, string directory)
    {
        _directory = directory;
        Directory.CreateDirectory(directory);
        foreach (var file in Directory.EnumerateFiles(source))
        {
            if (Path.GetFileName(file) != "reference.json")
            {
                File.WriteAllBytes(Path.Combine(directory, Path.GetFileName(file)), File.ReadAllBytes(file));
            }
        }

        var bytes = File.ReadAllBytes(Path.Combine(source, "model.safetensors"));
        var start = 8 + (int)BitConverter.ToInt64(bytes);
        foreach (var (name, entry) in JsonNode.Parse(bytes.AsSpan(8, start - 8))!.AsObject())
        {
            if (name != "__metadata__")
            {
                var offsets = entry!["data_offsets"]!.AsArray().Select(o => start + o!.GetValue<int>()).ToArray();
                _tensors.Add(name, new Tensor(entry["dtype"]!.GetValue<string>(),
                    [.. entry["shape"]!.AsArray().Select(s => s!.GetValue<int>())], bytes[offsets[0]..offsets[1]]));
            }
        }
    }

    public string[] Names => [.. _tensors.Keys];

    public Tensor this[string name]
    {
        get => _tensors[name];
        set => _tensors[name] = value;
    }

    public void Rename(string name, string other)
    {
        _tensors.Add(other, _tensors[name]);
        _tensors.Remove(name);
    }

    public void Delete(string file) => File.Delete(Path.Combine(_directory, file));

    public void EditConfig(Action<JsonNode> edit)
    {
        var path = Path.Combine(_directory, "config.json");
        var config = JsonNode.Parse(File.ReadAllText(path))!;
        edit(config);
        File.WriteAllText(path, config.ToJsonString());
    }

    /// <summary>Stores every tensor as 16-bit floats.</summary>
    public void ToHalves()
    {
        foreach (var name in Names)
        {
            var tensor = _tensors[name];
            _tensors[name] = new Tensor("F16", tensor.Shape,
                MemoryMarshal.AsBytes(tensor.Floats().Select(value => (Half)value).ToArray().AsSpan()).ToArray());
        }
    }

    public void Save()
    {
        var header = new JsonObject();
        var offset = 0;
        foreach (var (name, tensor) in _tensors)
        {
            header[name] = new JsonObject
            {
                ["dtype"] = tensor.Type,
                ["shape"] = JsonSerializer.SerializeToNode(tensor.Shape),
                ["data_offsets"] = new JsonArray(offset, offset + tensor.Bytes.Length),
            };
            offset += tensor.Bytes.Length;
        }

        var text = Encoding.UTF8.GetBytes(header.ToJsonString());
        using var file = File.Create(Path.Combine(_directory, "model.safetensors"));
        file.Write(BitConverter.GetBytes((long)text.Length));
        file.Write(text);
        foreach (var tensor in _tensors.Values)
        {
            file.Write(tensor.Bytes);
        }
    }

    internal sealed record Tensor(string Type, int[] Shape, byte[] Bytes)
    {
        public float[] Floats() => Type switch
        {
            "F32" => MemoryMarshal.Cast<byte, float>(Bytes).ToArray(),
            "BF16" => [.. MemoryMarshal.Cast<byte, ushort>(Bytes).ToArray()
                .Select(bits => BitConverter.UInt32BitsToSingle((uint)bits << 16))],
            _ => throw new NotSupportedException(Type),
        };
    }
}
