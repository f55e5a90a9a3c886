using System.Runtime.InteropServices;
using System.Text.Json;
using Gemma4.ModelBuilder;
using Gemma4.ModelBuilder.Checkpoints;
using Gemma4.ModelBuilder.Graphs;
using Gemma4.ModelBuilder.Onnx;
using Gemma4.ModelBuilder.Untrained;

namespace Gemma4.Benchmarks;

/// <summary>
/// Writes a checkpoint of a published size with random weights as bfloat16 safetensors, a stand-in for the real download.
/// Which tensors it needs is asked of the graph itself, so the list cannot differ from what the builder reads.
/// </summary>
internal static class UntrainedCheckpoint
{
    private const string Prefix = "model.language_model.";
    private const int ChunkValues = 1 << 20;

    // What the vision and audio towers of E2B hold, which the builder skips but has to hash.
    private static readonly int[] TowerShape = [450_000, 1000];

    public static void Write(Gemma4Size size, int? layers, string directory)
    {
        Directory.CreateDirectory(directory);
        SizeShape shape = SizeShape.Of(size);
        shape = shape.WithLayers(layers ?? shape.Layers);
        UntrainedFiles.Write(directory, shape);
        UntrainedWeights weights = new(seed: 0);
        CheckpointTensor tower = weights.Get("tower", TowerShape);
        Dictionary<string, CheckpointTensor> tensors = new() { ["model.vision_tower.stand_in"] = tower };
        foreach (CheckpointTensor tensor in Ask(weights, directory))
        {
            tensors.TryAdd(Prefix + tensor.Name, tensor);
        }

        using FileStream file = new(Path.Combine(directory, "model.safetensors"), FileMode.Create, FileAccess.Write, FileShare.None, 1);
        byte[] header = Header(tensors);
        file.Write(BitConverter.GetBytes((long)header.Length));
        file.Write(header);
        float[] values = new float[ChunkValues];
        ushort[] halves = new ushort[ChunkValues];
        foreach (CheckpointTensor tensor in tensors.Values)
        {
            long count = tensor.Length / sizeof(float);
            for (long done = 0; done < count; done += ChunkValues)
            {
                int part = (int)Math.Min(ChunkValues, count - done);
                weights.Read(tensor, done, values.AsSpan(0, part));
                for (int i = 0; i < part; i++)
                {
                    halves[i] = (ushort)(BitConverter.SingleToUInt32Bits(values[i]) >> 16);
                }

                file.Write(MemoryMarshal.AsBytes(halves.AsSpan(0, part)));
            }
        }
    }

    private static IEnumerable<CheckpointTensor> Ask(UntrainedWeights weights, string directory)
    {
        int before = weights.Asked.Count;
        string scratch = Path.Combine(directory, "scratch");
        using (ExternalDataFile data = new(scratch))
        {
            OnnxGraph graph = new("scratch");
            ModelBuildOptions options = new();
            WeightStore store = new(weights, graph, data, options, CancellationToken.None);
            new Gemma4Graph(TextConfig.Read(Path.Combine(directory, "config.json")), graph, store, options, 1, GraphPart.Whole, GraphStyle.Own).Build();
        }

        File.Delete(scratch);
        return weights.Asked.Skip(before);
    }

    private static byte[] Header(Dictionary<string, CheckpointTensor> tensors)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream))
        {
            long offset = 0;
            json.WriteStartObject();
            foreach ((string name, CheckpointTensor tensor) in tensors)
            {
                long end = offset + (tensor.Length / 2);
                json.WriteStartObject(name);
                json.WriteString("dtype", "BF16");
                json.WriteStartArray("shape");
                foreach (int dimension in tensor.Shape)
                {
                    json.WriteNumberValue(dimension);
                }

                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(offset);
                json.WriteNumberValue(end);
                json.WriteEndArray();
                json.WriteEndObject();
                offset = end;
            }

            json.WriteEndObject();
        }

        return stream.ToArray();
    }
}
