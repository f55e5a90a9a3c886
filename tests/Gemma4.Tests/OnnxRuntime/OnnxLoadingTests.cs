using System.Runtime.InteropServices;
using Gemma4.Generation;
using Gemma4.Models;
using Gemma4.OnnxRuntime;
using Gemma4.Tests.Models;
using Xunit;

namespace Gemma4.Tests.OnnxRuntime;

public sealed class OnnxLoadingTests
{
    private const string Genai = """
        {"model": {"type": "gemma4_text", "vocab_size": 4, "context_length": 64, "decoder": {"num_key_value_heads": 1, "head_size": 2}}}
        """;

    // Row i holds 10 i + column: the logits tell which index the graph looked up.
    private static readonly float[] Table = [0, 1, 2, 3, 10, 11, 12, 13, 20, 21, 22, 23, 30, 31, 32, 33];

    // What each token leaves in the caches.
    private static readonly float[] Narrow = [0, 1, 2, 3, 4, 5, 6, 7];

    [Theory]
    [InlineData(TestGraph.Float)]
    [InlineData(TestGraph.Float16)]
    public void The_last_row_is_read_from_graphs_that_return_every_position(int type)
    {
        using TemporaryFolder folder = Folder(Decoder(type, "input_ids"));
        using OnnxGenerationEngine engine = Load(folder);
        using IGenerationSession session = engine.CreateSession();

        session.Append([0, 3, 1]);
        Assert.Equal([10, 11, 12, 13], session.Logits.ToArray());
        session.Append([3]);
        Assert.Equal([30, 31, 32, 33], session.Logits.ToArray());
        session.Append([1, 2]);
        Assert.Equal([20, 21, 22, 23], session.Logits.ToArray());
        session.Append([2, 0]);
        Assert.Equal([0, 1, 2, 3], session.Logits.ToArray());
    }

    [Theory]
    [InlineData(TestGraph.Int64)]
    [InlineData(TestGraph.Int32)]
    public void Positions_count_on_from_the_tokens_held(int type)
    {
        TestGraph graph = Decoder(TestGraph.Float, "position_ids").Input("position_ids", type, "1", "s");
        using TemporaryFolder folder = Folder(graph);
        using OnnxGenerationEngine engine = Load(folder);
        using IGenerationSession session = engine.CreateSession();

        session.Append([0, 0]);
        Assert.Equal(10, session.Logits[0]);
        session.Append([0]);
        Assert.Equal(20, session.Logits[0]);
        session.RewindTo(1);
        session.Append([0, 0, 0]);
        Assert.Equal(30, session.Logits[0]);
    }

    [Fact]
    public void A_failing_step_is_explained_and_leaves_the_session_as_it_was()
    {
        // Position 4 lies outside the table, so the graph itself fails.
        TestGraph graph = Decoder(TestGraph.Float, "position_ids").Input("position_ids", TestGraph.Int64, "1", "s");
        using TemporaryFolder folder = Folder(graph);
        using OnnxGenerationEngine engine = Load(folder);
        using IGenerationSession session = engine.CreateSession();
        session.Append([0, 0, 0]);

        string message = Assert.Throws<Gemma4ModelException>(() => session.Append([0, 0])).Message;

        Assert.Contains("model.onnx' failed; the session is as it was before", message, StringComparison.Ordinal);
        Assert.Equal(3, session.Length);
        Assert.Equal(20, session.Logits[0]);
        session.Append([0]);
        Assert.Equal(30, session.Logits[0]);
    }

    [Fact]
    public void A_step_that_fails_in_a_later_part_leaves_a_growing_session_as_it_was()
    {
        // Logits are the position's row plus the sum of all cached keys. Position 4 fails, in the second part of two.
        TestGraph graph = Decoder(TestGraph.Float, "position_ids", logits: "rows.of.positions")
            .Input("position_ids", TestGraph.Int64, "1", "s")
            .Node("", "ReduceSum", [("keepdims", 0)], ["sum"], ["present.0.key"])
            .Node("Add", "logits", "rows.of.positions", "sum");
        using TemporaryFolder folder = Folder(graph);
        using OnnxGenerationEngine engine = OnnxGenerationEngine.Load(
            Gemma4ModelFolder.Open(folder.Path), new OnnxRuntimeOptions { IntraOpThreads = 1 }, 4, mostLogitBytes: 2 * 4 * sizeof(float));
        using IGenerationSession session = engine.CreateSession();
        session.Append([1, 2]);
        Assert.Equal(10 + 5 + 9, session.Logits[0]);

        Assert.Throws<Gemma4ModelException>(() => session.Append([3, 3, 3]));

        Assert.Equal(2, session.Length);
        Assert.Equal(10 + 5 + 9, session.Logits[0]);
        session.Append([1]);
        Assert.Equal(20 + 5 + 9 + 5, session.Logits[0]);
        session.RewindTo(1);
        session.Append([0, 0, 0]);
        Assert.Equal(30 + 5 + 1 + 1 + 1, session.Logits[0]);
    }

    [Fact]
    public void Inputs_a_text_model_does_not_have_are_named()
    {
        using TemporaryFolder folder = Folder(Decoder(TestGraph.Float, "input_ids").Input("inputs_embeds", TestGraph.Float, "1", "s", "8"));

        Assert.Contains("also wants the inputs 'inputs_embeds'", Failure(folder), StringComparison.Ordinal);
    }

    [Fact]
    public void A_vocabulary_that_differs_from_the_graph_is_refused()
    {
        using TemporaryFolder folder = Folder(Decoder(TestGraph.Float, "input_ids"))
            .Write("genai_config.json", Genai.Replace("\"vocab_size\": 4", "\"vocab_size\": 5", StringComparison.Ordinal));

        Assert.Contains("gives 4 logits but genai_config.json says vocab_size 5", Failure(folder), StringComparison.Ordinal);
    }

    [Fact]
    public void A_graph_without_cache_is_refused()
    {
        TestGraph graph = new TestGraph().Input("input_ids", TestGraph.Int64, "1", "s").Input("attention_mask", TestGraph.Int64, "1", "t")
            .Output("logits", TestGraph.Float, "1", "s", "4").Weight("table", TestGraph.Float, 4, 4, Bytes(Table))
            .Node("Gather", "logits", "table", "input_ids");
        using TemporaryFolder folder = Folder(graph);

        Assert.Contains("has no cache inputs named like 'past_key_values.%d.key'", Failure(folder), StringComparison.Ordinal);
    }

    [Fact]
    public void A_graph_the_runtime_cannot_load_is_explained()
    {
        using TemporaryFolder folder = Folder(new TestGraph().Input("x", TestGraph.Float, "1").Output("y", TestGraph.Float, "1").Node("NoSuchOperator", "y", "x"));

        string message = Failure(folder);

        Assert.Contains("could not be loaded by ONNX Runtime", message, StringComparison.Ordinal);
        Assert.Contains("NoSuchOperator", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Options_out_of_range_are_refused_by_name()
    {
        using TemporaryFolder folder = Folder(Decoder(TestGraph.Float, "input_ids"));
        var saved = new OnnxRuntimeOptions();
        saved.SessionConfigEntries["session.save_external_prepacked_constant_initializers"] = "1";
        var orphaned = new OnnxRuntimeOptions();
        orphaned.ProviderOptions["device_id"] = "0";

        Assert.Contains("IntraOpThreads", Refusal(new OnnxRuntimeOptions { IntraOpThreads = 0 }), StringComparison.Ordinal);
        Assert.Contains("KvCacheMemoryBudget", Refusal(new OnnxRuntimeOptions { KvCacheMemoryBudget = 0 }), StringComparison.Ordinal);
        Assert.Contains("is refused", Refusal(saved), StringComparison.Ordinal);
        Assert.Contains("ExecutionProvider is not", Refusal(orphaned), StringComparison.Ordinal);
        Assert.Contains(
            "'NoSuchProvider' cannot be used",
            Assert.Throws<Gemma4ModelException>(() => Load(folder, new OnnxRuntimeOptions { ExecutionProvider = "NoSuchProvider" })).Message,
            StringComparison.Ordinal);

        string Refusal(OnnxRuntimeOptions options) => Assert.ThrowsAny<ArgumentException>(() => Load(folder, options)).Message;
    }

    [Fact]
    public void The_application_can_configure_the_native_session_last()
    {
        using TemporaryFolder folder = Folder(Decoder(TestGraph.Float, "input_ids"));
        string? seen = null;

        Load(folder, new OnnxRuntimeOptions { IntraOpThreads = 1, ConfigureSession = session => seen = $"{session.IntraOpNumThreads}" }).Dispose();

        Assert.Equal("1", seen);
    }

    [Fact]
    public void Every_half_is_widened_like_the_runtime_does()
    {
        ushort[] halves = [.. Enumerable.Range(0, 65536).Select(bits => (ushort)bits)];
        float[] widened = new float[halves.Length];

        HalfFloats.Widen(halves, widened);

        Assert.All(halves, bits => Assert.Equal((float)BitConverter.UInt16BitsToHalf(bits), widened[bits]));
    }

    private static string Failure(TemporaryFolder folder) => Assert.Throws<Gemma4ModelException>(() => Load(folder)).Message;

    private static OnnxGenerationEngine Load(TemporaryFolder folder, OnnxRuntimeOptions? options = null) =>
        OnnxGenerationEngine.Load(Gemma4ModelFolder.Open(folder.Path), options ?? new OnnxRuntimeOptions { IntraOpThreads = 1 });

    private static TemporaryFolder Folder(TestGraph graph) => new TemporaryFolder()
        .Write("genai_config.json", Genai)
        .Write("model.onnx", graph.ToArray())
        .Write("tokenizer.json", "{}");

    /// <summary>Logits are table rows, picked by <paramref name="index"/>; the cache grows by a row a token.</summary>
    private static TestGraph Decoder(int type, string index, string logits = "logits") => new TestGraph()
        .Input("input_ids", TestGraph.Int64, "1", "s")
        .Input("attention_mask", TestGraph.Int64, "1", "t")
        .Input("past_key_values.0.key", type, "1", "1", "past", "2")
        .Input("past_key_values.0.value", type, "1", "heads", "past", "head")
        .Output("logits", type, "1", "s", "4")
        .Output("present.0.key", type, "1", "1", "total", "2")
        .Output("present.0.value", type, "1", "heads", "total", "head")
        .Weight("table", type, 4, 4, type == TestGraph.Float ? Bytes(Table) : Bytes([.. Table.Select(value => (Half)value)]))
        .Weight("narrow", type, 4, 2, type == TestGraph.Float ? Bytes(Narrow) : Bytes([.. Narrow.Select(value => (Half)value)]))
        .Weight("zero", TestGraph.Int64, 1, 1, new byte[sizeof(long)])
        .Node("Gather", logits, "table", index)
        .Node("Gather", "flat", "narrow", "input_ids")
        .Node("Gather", "rows", "flat", "zero")
        .Concat("present.0.key", 2, "past_key_values.0.key", "rows")
        .Concat("present.0.value", 2, "past_key_values.0.value", "rows");

    private static byte[] Bytes<T>(T[] values)
        where T : unmanaged => MemoryMarshal.AsBytes(values.AsSpan()).ToArray();
}
