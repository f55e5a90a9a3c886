using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gemma4.Embeddings;
using Gemma4.ModelBuilder.Onnx;
using Gemma4.Tests.Models;
using Gemma4.Tests.Tokenization;

namespace Gemma4.Tests.Embeddings;

/// <summary>
/// A folder with EmbeddingGemma's contract and random weights: scaled embeddings, one attention over both directions that
/// obeys the mask, mean, two dense layers. <see cref="Embed(int[], int)"/> computes the same plainly, one text at a time, in doubles.
/// </summary>
internal sealed class ToyEmbeddingModel : IDisposable
{
    internal const int Hidden = 8;
    internal const int Inner = 24;
    internal const int Outputs = 12;
    internal const int Padding = 256;
    internal const int End = 257;
    internal const int Begin = 258;
    private const int Vocabulary = 259;
    private const float MaskedScore = -10_000;

    private readonly TemporaryFolder _folder = new("toy-embedding");
    private readonly float[] _table;
    private readonly float[] _first;
    private readonly float[] _second;

    internal ToyEmbeddingModel(ToyGraph kind, int maxTokens = 200)
    {
        Random random = new(11);
        _table = Numbers(random, Vocabulary * Hidden, 0.5f);
        _first = Numbers(random, Inner * Hidden, 1);
        _second = Numbers(random, Outputs * Inner, 1);
        Write("tokenizer.json", Tokenizer().ToJsonString());
        Write("sentence_bert_config.json", $$"""{"max_seq_length": {{maxTokens}}, "do_lower_case": false}""");
        _folder.Write("model.onnx", Graph(kind));
        if (kind is ToyGraph.Tokens or ToyGraph.TokensOfInt32)
        {
            Write("modules.json", """
                [{"idx":0,"path":"","type":"sentence_transformers.models.Transformer"},{"idx":1,"path":"1_Pooling","type":"sentence_transformers.models.Pooling"},
                {"idx":2,"path":"2_Dense","type":"sentence_transformers.models.Dense"},{"idx":3,"path":"3_Dense","type":"sentence_transformers.models.Dense"},
                {"idx":4,"path":"4_Normalize","type":"sentence_transformers.models.Normalize"}]
                """);
            Write("1_Pooling/config.json", """{"word_embedding_dimension":8,"pooling_mode_cls_token":false,"pooling_mode_mean_tokens":true,"include_prompt":true}""");
            WriteDense("2_Dense", Hidden, Inner, "F32", MemoryMarshal.AsBytes(_first.AsSpan()));
            WriteDense("3_Dense", Inner, Outputs, "F32", MemoryMarshal.AsBytes(_second.AsSpan()));
        }
    }

    internal string Path => _folder.Path;

    /// <summary>The tokenizer: bytes alone, so that a text's ids are its UTF-8 bytes.</summary>
    internal static JsonObject Tokenizer() => SmallTokenizer.Describe([], [], ["<pad>", "<eos>", "<bos>"]);

    internal Gemma4EmbeddingGenerator Load(Action<Gemma4EmbeddingOptions>? configure = null)
    {
        Gemma4EmbeddingOptions options = new() { ModelPath = Path };
        configure?.Invoke(options);
        return new Gemma4EmbeddingGenerator(options);
    }

    internal void Write(string name, string text)
    {
        string path = System.IO.Path.Combine(Path, name);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }

    internal void WriteDense(string folder, int inputs, int outputs, string type, ReadOnlySpan<byte> values, string activation = "torch.nn.modules.linear.Identity")
    {
        Write($"{folder}/config.json", $$"""{"in_features":{{inputs}},"out_features":{{outputs}},"bias":false,"activation_function":"{{activation}}"}""");
        byte[] header = JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, object>
        {
            ["linear.weight"] = new { dtype = type, shape = new[] { outputs, inputs }, data_offsets = new[] { 0, values.Length } },
        });
        byte[] length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
        File.WriteAllBytes(System.IO.Path.Combine(Path, folder, "model.safetensors"), [.. length, .. header, .. values]);
    }

    /// <summary>The first dense layer as 16-bit floats: what an own computation must then use.</summary>
    internal void HalveFirstLayer(string type)
    {
        ushort[] bits = [.. _first.Select(value => type == "BF16" ? (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16) : BitConverter.HalfToUInt16Bits((Half)value))];
        for (int i = 0; i < bits.Length; i++)
        {
            _first[i] = type == "BF16" ? BitConverter.UInt32BitsToSingle((uint)bits[i] << 16) : (float)BitConverter.UInt16BitsToHalf(bits[i]);
        }

        WriteDense("2_Dense", Hidden, Inner, type, MemoryMarshal.AsBytes(bits.AsSpan()));
    }

    internal static int[] Ids(string text) => [Begin, .. Encoding.UTF8.GetBytes(text.Replace(' ', '\u2581')).Select(value => (int)value), End];

    /// <summary>What the model gives for ids, of length 1.</summary>
    internal double[] Embed(int[] ids, int dimensions = Outputs)
    {
        double[][] tokens = [.. ids.Select(id => Enumerable.Range(0, Hidden).Select(i => _table[(id * Hidden) + i] * Math.Sqrt(Hidden)).ToArray())];
        double[] mean = new double[Hidden];
        foreach (double[] token in tokens)
        {
            double[] weights = [.. tokens.Select(other => Math.Exp(token.Zip(other, (a, b) => a * b).Sum()))];
            double total = weights.Sum();
            for (int i = 0; i < Hidden; i++)
            {
                mean[i] += (token[i] + tokens.Zip(weights, (other, weight) => other[i] * weight / total).Sum()) / ids.Length;
            }
        }

        double[] all = Multiply(_second, Multiply(_first, mean));
        double length = Math.Sqrt(all.Take(dimensions).Sum(value => value * value));
        return [.. all.Take(dimensions).Select(value => value / length)];
    }

    internal double[] Embed(string text, int dimensions = Outputs) => Embed(Ids(text), dimensions);

    public void Dispose() => _folder.Dispose();

    private static double[] Multiply(float[] weights, double[] input) =>
        [.. weights.Chunk(input.Length).Select(row => row.Zip(input, (weight, value) => weight * value).Sum())];

    private static float[] Numbers(Random random, int count, float scale) => [.. Enumerable.Range(0, count).Select(_ => ((random.NextSingle() * 2) - 1) * scale)];

    private byte[] Graph(ToyGraph kind)
    {
        OnnxGraph graph = new("");
        OnnxType integer = kind == ToyGraph.TokensOfInt32 ? OnnxType.Int32 : OnnxType.Int64;
        graph.Input("input_ids", integer, "texts", "tokens");
        graph.Input("attention_mask", integer, "texts", "tokens");
        graph.Node("gathered", "Gather", [Weight(graph, "table", _table, Vocabulary, Hidden), "input_ids"]);
        graph.Node("scaled", "Mul", ["gathered", Weight(graph, "factor", [MathF.Sqrt(Hidden)])]);
        graph.Node("turned", "Transpose", ["scaled"], ("perm", [0L, 2L, 1L]));
        graph.Node("products", "MatMul", ["scaled", "turned"]);
        graph.Node("mask", "Cast", ["attention_mask"], ("to", (long)OnnxType.Float));
        graph.Node("hidden_share", "Sub", [Weight(graph, "one", [1]), "mask"]);
        graph.Node("penalty", "Mul", ["hidden_share", Weight(graph, "masked", [MaskedScore])]);
        graph.Node("penalties", "Unsqueeze", ["penalty", Axes(graph, 1)]);
        graph.Node("scores", "Add", ["products", "penalties"]);
        graph.Node("shares", "Softmax", ["scores"], ("axis", -1L));
        graph.Node("mixed", "MatMul", ["shares", "scaled"]);
        graph.Node("last_hidden_state", "Add", ["mixed", "scaled"]);
        if (kind is ToyGraph.Tokens or ToyGraph.TokensOfInt32)
        {
            graph.Output("last_hidden_state", OnnxType.Float, "texts", "tokens", Hidden);
            return graph.ToBytes();
        }

        graph.Node("columns", "Unsqueeze", ["mask", Axes(graph, 2)]);
        graph.Node("kept", "Mul", ["last_hidden_state", "columns"]);
        graph.Node("sum", "ReduceSum", ["kept", Axes(graph, 1)], ("keepdims", 0L));
        graph.Node("count", "ReduceSum", ["mask", Axes(graph, 1)], ("keepdims", 1L));
        string pooled = graph.Node("pooled", "Div", ["sum", "count"]);
        if (kind == ToyGraph.SentencesWithMedia)
        {
            foreach (string media in (string[])["image_features", "video_features", "audio_features"])
            {
                graph.Input(media, OnnxType.Float, media + "_count", 512);
                graph.Node(media + "_sum", "ReduceSum", [media], ("keepdims", 0L));
                pooled = graph.Node(media + "_added", "Add", [pooled, media + "_sum"]);
            }
        }

        graph.Node("wide", "MatMul", [pooled, Weight(graph, "first", Turned(_first, Hidden), Hidden, Inner)]);
        if (kind == ToyGraph.SentencesOfHalf)
        {
            graph.Node("full", "MatMul", ["wide", Weight(graph, "second", Turned(_second, Inner), Inner, Outputs)]);
            graph.Node("sentence_embedding", "Cast", ["full"], ("to", (long)OnnxType.Float16));
            graph.Output("sentence_embedding", OnnxType.Float16, "texts", Outputs);
            return graph.ToBytes();
        }

        // Not of length 1: some exports leave that to the caller.
        graph.Node("sentence_embedding", "MatMul", ["wide", Weight(graph, "second", Turned(_second, Inner), Inner, Outputs)]);
        graph.Output("last_hidden_state", OnnxType.Float, "texts", "tokens", Hidden);
        graph.Output("sentence_embedding", OnnxType.Float, "texts", Outputs);
        return graph.ToBytes();
    }

    private static float[] Turned(float[] rows, int width)
    {
        float[] turned = new float[rows.Length];
        int height = rows.Length / width;
        for (int i = 0; i < rows.Length; i++)
        {
            turned[((i % width) * height) + (i / width)] = rows[i];
        }

        return turned;
    }

    private static string Weight(OnnxGraph graph, string name, float[] values, params long[] shape) =>
        graph.Inline(name, OnnxType.Float, shape, MemoryMarshal.AsBytes(values.AsSpan()));

    private static string Axes(OnnxGraph graph, long axis) =>
        graph.Inline($"axis{axis}", OnnxType.Int64, [1], MemoryMarshal.AsBytes(new long[] { axis }.AsSpan()));
}
