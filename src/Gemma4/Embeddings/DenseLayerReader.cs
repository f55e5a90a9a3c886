using System.Buffers.Binary;
using System.Globalization;
using System.Text.Json;
using Gemma4.Models;

namespace Gemma4.Embeddings;

/// <summary>Reads a layer's folder: config.json with its sizes, and model.safetensors with linear.weight and perhaps linear.bias.</summary>
internal static class DenseLayerReader
{
    private const string WeightsFile = "model.safetensors";
    private const int LengthBytes = 8;
    private const string NoActivation = "Identity";

    internal static DenseLayer Read(string folder)
    {
        string configPath = Path.Combine(folder, "config.json");
        ConfigFile config = ConfigFile.OpenIfPresent(configPath)
            ?? throw new Gemma4ModelException($"'{configPath}' not found: modules.json names this folder as a dense layer. Copy it from the model's source.");
        int inputs = Size(config, "in_features");
        int outputs = Size(config, "out_features");
        if (config.Text(config.Root, "activation_function") is { } activation && !activation.EndsWith(NoActivation, StringComparison.Ordinal))
        {
            throw new Gemma4ModelException($"'{configPath}' asks for the activation '{activation}'. EmbeddingGemma's dense layers have none; use a graph that gives 'sentence_embedding' itself.");
        }

        string path = Path.Combine(folder, WeightsFile);
        if (!File.Exists(path))
        {
            throw new Gemma4ModelException($"'{path}' not found: the dense layer's weights lie there. Copy it from the model's source.");
        }

        byte[] file = File.ReadAllBytes(path);
        float[] weights = Tensor(path, file, "linear.weight", inputs * (long)outputs)
            ?? throw new Gemma4ModelException($"'{path}' holds no tensor 'linear.weight'. Copy it again from the model's source.");
        float[]? bias = Tensor(path, file, "linear.bias", outputs);
        return bias is not null || config.Flag(config.Root, "bias") != true
            ? new DenseLayer(weights, bias, inputs)
            : throw new Gemma4ModelException($"'{path}' holds no tensor 'linear.bias', which config.json beside it asks for. Copy both from one model.");
    }

    private static int Size(ConfigFile config, string key) =>
        config.Integer(config.Root, key) is { } size and > 0 ? size : throw config.Wrong(key, "a positive number");

    /// <summary>The values of a tensor; null when the file does not list it.</summary>
    private static float[]? Tensor(string path, byte[] file, string name, long count)
    {
        long header = file.Length < LengthBytes ? -1 : BinaryPrimitives.ReadInt64LittleEndian(file);
        if (header < 2 || header > file.Length - LengthBytes)
        {
            throw Damaged(path, "its header is cut off");
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(file.AsMemory(LengthBytes, (int)header));
            if (!document.RootElement.TryGetProperty(name, out JsonElement entry))
            {
                return null;
            }

            long start = LengthBytes + header + entry.GetProperty("data_offsets")[0].GetInt64();
            long end = LengthBytes + header + entry.GetProperty("data_offsets")[1].GetInt64();
            if (start < LengthBytes + header || end < start || end > file.Length)
            {
                throw Damaged(path, $"'{name}' ends beyond the end of the file");
            }

            return Widen(path, name, entry.GetProperty("dtype").GetString(), file.AsSpan((int)start, (int)(end - start)), count);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw Damaged(path, $"its header cannot be read ({exception.Message.TrimEnd('.')})");
        }
    }

    private static float[] Widen(string path, string name, string? type, ReadOnlySpan<byte> bytes, long count)
    {
        int size = type switch
        {
            "F32" => sizeof(float),
            "F16" or "BF16" => sizeof(ushort),
            _ => throw new Gemma4ModelException($"'{path}' holds '{name}' as {type}; F32, F16 and BF16 are read."),
        };
        if (bytes.Length != count * size)
        {
            throw new Gemma4ModelException(string.Create(
                CultureInfo.InvariantCulture, $"'{path}' holds {bytes.Length / size} values of '{name}', but config.json beside it makes {count}. Copy both from one model."));
        }

        float[] values = new float[count];
        for (int i = 0; i < values.Length; i++)
        {
            ReadOnlySpan<byte> value = bytes[(i * size)..];
            values[i] = type switch
            {
                "F32" => BinaryPrimitives.ReadSingleLittleEndian(value),
                "F16" => (float)BinaryPrimitives.ReadHalfLittleEndian(value),
                // A bfloat16 is the upper half of the float with the same value.
                _ => BitConverter.UInt32BitsToSingle((uint)BinaryPrimitives.ReadUInt16LittleEndian(value) << 16),
            };
        }

        return values;
    }

    private static Gemma4ModelException Damaged(string path, string fact) => new($"'{path}' is damaged: {fact}. Copy it again from the model's source.");
}
