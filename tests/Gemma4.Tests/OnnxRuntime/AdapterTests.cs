using System.Runtime.InteropServices;
using Gemma4.Generation;
using Gemma4.Models;
using Gemma4.OnnxRuntime;
using Gemma4.Tests.Client;
using Gemma4.Tests.Models;
using Microsoft.Extensions.AI;
using Microsoft.ML.OnnxRuntime;
using Xunit;

namespace Gemma4.Tests.OnnxRuntime;

/// <summary>LoRA adapters on a graph that adds row * A * B to a table row, with A and B zero until an adapter sets them.</summary>
public sealed class AdapterTests
{
    private static readonly float[] Table = [0, 1, 2, 3, 10, 11, 12, 13, 20, 21, 22, 23, 30, 31, 32, 33];
    private static readonly float[] Down = [1, 0, 0, 1, 0, 0, 0, 0]; // [4, rank 2]
    private static readonly float[] Up = [0.5f, 0, 0, 0, 0, 0, 0, 2]; // [rank 2, 4]

    // Row 1 is 10 11 12 13; times Down 10 11; times Up 5 0 0 22.
    private static readonly float[] PlainRow = [10, 11, 12, 13];
    private static readonly float[] AdaptedRow = [15, 11, 12, 35];

    [Fact]
    public void An_adapter_changes_the_logits_of_its_own_session_only()
    {
        using TemporaryFolder folder = Folder();
        string adapter = WriteAdapter(folder, TestAdapter.Write(("lora_A", [4, 2], Down), ("lora_B", [2, 4], Up)));
        using OnnxGenerationEngine engine = Load(folder);
        using IGenerationSession plain = engine.CreateSession();
        using IGenerationSession adapted = engine.CreateSession(adapter);

        for (int round = 0; round < 3; round++)
        {
            plain.Append([0, 1]);
            adapted.Append([0, 1]);
            Assert.Equal(PlainRow, plain.Logits.ToArray());
            Assert.Equal(AdaptedRow, adapted.Logits.ToArray());
            adapted.RewindTo(0);
        }
    }

    [Fact]
    public void The_result_is_that_of_the_runtimes_own_adapters_in_a_plain_run()
    {
        using TemporaryFolder folder = Folder();
        string path = WriteAdapter(folder, TestAdapter.Write(("lora_A", [4, 2], Down), ("lora_B", [2, 4], Up)));
        using OnnxGenerationEngine engine = Load(folder);
        using IGenerationSession session = engine.CreateSession(path);
        session.Append([1]);

        // The runtime checks the file with its own reader, so this also proves the hand-written format.
        using var native = OrtLoraAdapter.Create(path, null);
        using var options = new RunOptions();
        options.AddActiveLoraAdapter(native);
        using var ids = OrtValue.CreateTensorValueFromMemory(new long[] { 1 }, [1, 1]);
        using var mask = OrtValue.CreateTensorValueFromMemory(new long[] { 1 }, [1, 1]);
        using var key = OrtValue.CreateTensorValueFromMemory(Array.Empty<float>(), [1, 1, 0, 2]);
        using var value = OrtValue.CreateTensorValueFromMemory(Array.Empty<float>(), [1, 1, 0, 2]);
        using IDisposableReadOnlyCollection<OrtValue> outputs = engine.Native.Run(
            options, ["input_ids", "attention_mask", "past_key_values.0.key", "past_key_values.0.value"], [ids, mask, key, value], ["logits"]);

        Assert.Equal(outputs[0].GetTensorDataAsSpan<float>().ToArray(), session.Logits.ToArray());
        Assert.Equal(AdaptedRow, session.Logits.ToArray());
    }

    [Fact]
    public void Sessions_of_one_adapter_are_stepped_together_and_those_of_two_are_not()
    {
        using TemporaryFolder folder = Folder(InPlaceGraph());
        string path = WriteAdapter(folder, TestAdapter.Write(("lora_A", [4, 2], Down), ("lora_B", [2, 4], Up)));
        using OnnxGenerationEngine engine = Load(folder);
        IGenerationSession[] plain = [engine.CreateSession(), engine.CreateSession()];
        IGenerationSession[] adapted = [engine.CreateSession(path), engine.CreateSession(path)];
        plain[0].Append([0, 2]);
        adapted[1].Append([0, 2, 3]);

        for (int round = 0; round < 3; round++)
        {
            engine.AppendEach(plain, [1, 0]);
            engine.AppendEach(adapted, [0, 1]);
            Assert.Equal(PlainRow, plain[0].Logits.ToArray());
            Assert.Equal(Table[..4], plain[1].Logits.ToArray());
            Assert.Equal(AdaptedRow, adapted[1].Logits.ToArray());
        }

        IGenerationSession fork = ((IForkableSession)adapted[1]).Fork(2);
        engine.AppendEach([fork, adapted[0]], [1, 1]);
        Assert.Equal(AdaptedRow, fork.Logits.ToArray());
        Assert.Equal(AdaptedRow, adapted[0].Logits.ToArray());
        string message = Assert.Throws<ArgumentException>(() => engine.AppendEach([plain[0], adapted[0]], [1, 1])).Message;
        Assert.Contains("Session 1 runs with another adapter", message, StringComparison.Ordinal);
        Assert.Equal(5, plain[0].Length);
    }

    [Fact]
    public void A_session_with_an_adapter_cannot_be_saved_and_the_refusal_names_it()
    {
        using TemporaryFolder folder = Folder();
        string adapter = WriteAdapter(folder, TestAdapter.Write(("lora_A", [4, 2], Down), ("lora_B", [2, 4], Up)));
        using OnnxGenerationEngine engine = Load(folder);
        using IGenerationSession adapted = engine.CreateSession(adapter);
        adapted.Append([0, 1]);

        string message = Assert.Throws<NotSupportedException>(() => engine.Save(adapted, Stream.Null)).Message;

        Assert.Contains(adapter, message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_adapter_for_another_model_is_refused_by_what_does_not_fit()
    {
        using TemporaryFolder folder = Folder();
        using OnnxGenerationEngine engine = Load(folder);

        Assert.Contains("sets 'lora_C', for which", Refusal(("lora_C", [4, 2], Down)), StringComparison.Ordinal);
        Assert.Contains("gives 'lora_A' as Float [2, 4]", Refusal(("lora_A", [2, 4], Down)), StringComparison.Ordinal);
        Assert.Contains("gives 'lora_A' as Float [8]", Refusal(("lora_A", [8], Down)), StringComparison.Ordinal);
        Assert.Contains("holds 'lora_A' twice", Refusal(("lora_A", [4, 2], Down), ("lora_A", [4, 2], Down)), StringComparison.Ordinal);
        Assert.Contains("holds 32 bytes for 'lora_A' where its shape needs 16", Refusal(("lora_A", [4, 1], Down)), StringComparison.Ordinal);
        Assert.Contains(
            "could not be read",
            Assert.Throws<Gemma4ModelException>(() => engine.CreateSession(Path.Combine(folder.Path, "none.onnx_adapter"))).Message,
            StringComparison.Ordinal);

        string Refusal(params (string Name, long[] Shape, float[] Values)[] tensors) =>
            Assert.Throws<Gemma4ModelException>(() => engine.CreateSession(WriteAdapter(folder, TestAdapter.Write(tensors)))).Message;
    }

    [Fact]
    public void A_damaged_file_is_an_error_and_never_a_read_outside_it()
    {
        using TemporaryFolder folder = Folder();
        byte[] good = TestAdapter.Write(("lora_A", [4, 2], Down), ("lora_B", [2, 4], Up));
        string path = Path.Combine(folder.Path, "damaged.onnx_adapter");
        int accepted = 0;
        for (int length = 0; length < good.Length; length += 3)
        {
            File.WriteAllBytes(path, good[..length]);
            Assert.Throws<Gemma4ModelException>(() => AdapterFile.Read(path));
        }

        for (int position = 0; position < good.Length; position++)
        {
            foreach (byte value in (byte[])[0, 1, 0x7f, 0xff])
            {
                byte[] bad = [.. good];
                bad[position] = value;
                File.WriteAllBytes(path, bad);
                Exception? failure = Record.Exception(() => AdapterFile.Read(path));
                Assert.True(failure is null or Gemma4ModelException, $"byte {position} as {value}: {failure}");
                accepted += failure is null ? 1 : 0;
            }
        }

        // Most bytes are values, in which any number is right; the others must have been noticed.
        Assert.InRange(accepted, 1, (good.Length * 4) - 200);
    }

    [Fact]
    public async Task An_engine_without_adapters_refuses_the_request_that_names_one()
    {
        using IChatClient client = TestClient.Create(options => options.Adapters["pirate"] = "pirate.onnx_adapter", "Hello!<turn|>");

        NotSupportedException error = await Assert.ThrowsAsync<NotSupportedException>(() => client.GetResponseAsync(
            "Hi", new ChatOptions { AdditionalProperties = new() { ["adapter"] = "pirate" } }));

        Assert.Contains("AdditionalProperties[\"adapter\"]", error.Message, StringComparison.Ordinal);
        ArgumentException unknown = await Assert.ThrowsAsync<ArgumentException>(() => client.GetResponseAsync(
            "Hi", new ChatOptions { AdditionalProperties = new() { ["adapter"] = "parrot" } }));
        Assert.Contains("is 'parrot', and Gemma4Options.Adapters has only pirate", unknown.Message, StringComparison.Ordinal);
    }

    private static string WriteAdapter(TemporaryFolder folder, byte[] bytes)
    {
        // A name of its own each time: an engine reads a file once.
        string path = Path.Combine(folder.Path, $"größer-{Directory.GetFiles(folder.Path).Length}.onnx_adapter");
        File.WriteAllBytes(path, bytes);
        return path;
    }

    private static OnnxGenerationEngine Load(TemporaryFolder folder) =>
        OnnxGenerationEngine.Load(Gemma4ModelFolder.Open(folder.Path), new OnnxRuntimeOptions { IntraOpThreads = 1 });

    private static TemporaryFolder Folder(TestGraph? graph = null) => new TemporaryFolder()
        .Write("genai_config.json", """{"model": {"type": "gemma4_text", "vocab_size": 4, "context_length": 64, "decoder": {"num_key_value_heads": 1, "head_size": 2}}}""")
        .Write("model.onnx", (graph ?? Graph()).ToArray())
        .Write("tokenizer.json", "{}");

    private static TestGraph Graph() => new TestGraph()
        .Input("input_ids", TestGraph.Int64, "1", "s")
        .Input("attention_mask", TestGraph.Int64, "1", "t")
        .Input("past_key_values.0.key", TestGraph.Float, "1", "1", "past", "2")
        .Input("past_key_values.0.value", TestGraph.Float, "1", "1", "past", "2")
        .Input("lora_A", TestGraph.Float, "4", "rank")
        .Input("lora_B", TestGraph.Float, "rank", "4")
        .Output("logits", TestGraph.Float, "1", "s", "4")
        .Output("present.0.key", TestGraph.Float, "1", "1", "total", "2")
        .Output("present.0.value", TestGraph.Float, "1", "1", "total", "2")
        .Weight("table", TestGraph.Float, 4, 4, Bytes(Table))
        .Weight("lora_A", TestGraph.Float, 4, 1, Bytes(new float[4]))
        .Weight("lora_B", TestGraph.Float, 1, 4, Bytes(new float[4]))
        .Node("Gather", "row", "table", "input_ids")
        .Node("MatMul", "down", "row", "lora_A")
        .Node("MatMul", "up", "down", "lora_B")
        .Node("Add", "logits", "row", "up")
        .Weight("narrow", TestGraph.Float, 4, 2, Bytes(new float[8]))
        .Weight("zero", TestGraph.Int64, 1, 1, new byte[sizeof(long)])
        .Node("Gather", "flat", "narrow", "input_ids")
        .Node("Gather", "rows", "flat", "zero")
        .Concat("present.0.key", 2, "past_key_values.0.key", "rows")
        .Concat("present.0.value", 2, "past_key_values.0.value", "rows");

    // The same rows, beside an attention whose result nobody reads: it makes the caches ones that are written in place.
    private static TestGraph InPlaceGraph() => new TestGraph()
        .Input("input_ids", TestGraph.Int64, "b", "s")
        .Input("attention_mask", TestGraph.Int64, "b", "t")
        .Input("past_key_values.0.key", TestGraph.Float, "b", "1", "past", "8")
        .Input("past_key_values.0.value", TestGraph.Float, "b", "1", "past", "8")
        .Input("lora_A", TestGraph.Float, "4", "rank")
        .Input("lora_B", TestGraph.Float, "rank", "4")
        .Output("logits", TestGraph.Float, "b", "s", "4")
        .Output("present.0.key", TestGraph.Float, "b", "1", "total", "8")
        .Output("present.0.value", TestGraph.Float, "b", "1", "total", "8")
        .Weight("table", TestGraph.Float, 4, 4, Bytes(Table))
        .Weight("wide", TestGraph.Float, 4, 8, Bytes(new float[32]))
        .Weight("lora_A", TestGraph.Float, 4, 1, Bytes(new float[4]))
        .Weight("lora_B", TestGraph.Float, 1, 4, Bytes(new float[4]))
        .Node("Gather", "row", "table", "input_ids")
        .Node("MatMul", "down", "row", "lora_A")
        .Node("MatMul", "up", "down", "lora_B")
        .Node("Add", "logits", "row", "up")
        .Node("Gather", "x", "wide", "input_ids")
        .Node("", "Cast", [("to", TestGraph.Int32)], ["ones"], ["attention_mask"])
        .Node("", "ReduceSum", [("keepdims", 0)], ["count"], ["ones", "columns"])
        .Weight("columns", TestGraph.Int64, 1, BitConverter.GetBytes(1L))
        .Weight("less", TestGraph.Int32, 1, BitConverter.GetBytes(1))
        .Node("Sub", "last", "count", "less")
        .Node("", "Shape", [("start", 1), ("end", 2)], ["width"], ["attention_mask"])
        .Node("", "Cast", [("to", TestGraph.Int32)], ["width32"], ["width"])
        .Node("Squeeze", "length", "width32")
        .Node(
            "com.microsoft",
            "GroupQueryAttention",
            [("num_heads", 1), ("kv_num_heads", 1)],
            ["attended", "present.0.key", "present.0.value"],
            ["x", "x", "x", "past_key_values.0.key", "past_key_values.0.value", "last", "length"]);

    private static byte[] Bytes(float[] values) => MemoryMarshal.AsBytes(values.AsSpan()).ToArray();
}
