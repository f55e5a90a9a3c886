using Gemma4.Generation;
using Gemma4.Models;
using Gemma4.OnnxRuntime;
using Gemma4.Prompting;
using Gemma4.Tests.Models;
using Xunit;

namespace Gemma4.Tests.OnnxRuntime;

/// <summary>What each layout's folder must hold, and what is said when it does not.</summary>
public sealed class LayoutLoadingTests(LayoutModels models) : IClassFixture<LayoutModels>
{
    [Fact]
    public void A_multi_model_folder_names_both_graphs()
    {
        string path = models.Path("multi-model");

        var folder = Gemma4ModelFolder.Open(path);

        Assert.Equal(ModelLayout.MultiModel, folder.Layout);
        Assert.Equal(Path.Combine(path, "decoder/model.onnx"), folder.ModelPath);
        Assert.Equal(Path.Combine(path, "embedding/model.onnx"), folder.EmbeddingPath);
        Assert.Null(folder.Variant);
        Assert.Equal((512, 512), (folder.VocabularySize, folder.ContextLength));
        Assert.Empty(folder.IgnoredParts);
    }

    [Fact]
    public void A_transformers_js_folder_is_read_from_the_checkpoints_config()
    {
        string path = models.Path("transformers-js");

        var folder = Gemma4ModelFolder.Open(path);

        Assert.False(File.Exists(Path.Combine(path, "genai_config.json")));
        Assert.True(File.Exists(Path.Combine(path, "onnx", "embed_tokens.onnx_data")));
        Assert.Equal(ModelLayout.TransformersJs, folder.Layout);
        Assert.Equal("fp32", folder.Variant);
        Assert.Equal(Path.Combine(path, "onnx", "decoder_model_merged.onnx"), folder.ModelPath);
        Assert.Equal(Path.Combine(path, "onnx", "embed_tokens.onnx"), folder.EmbeddingPath);
        Assert.Equal((512, 512), (folder.VocabularySize, folder.ContextLength));
        Assert.Equal([1, 50, 106], folder.StopTokenIds);
        Assert.Equal(PromptFlavor.Small, folder.Flavor);
        Assert.True(folder.DoSample);
        Assert.Equal((1f, 64, 0.95f), (folder.GenerationDefaults.Temperature, folder.GenerationDefaults.TopK, folder.GenerationDefaults.TopP));
    }

    [Fact]
    public void The_text_section_of_a_multimodal_config_is_read_and_stop_ids_are_complete_without_help()
    {
        using TemporaryFolder folder = models.Copy("transformers-js").Write(
            "config.json",
            """{"model_type": "gemma4", "eos_token_id": 7, "text_config": {"vocab_size": 512, "max_position_embeddings": 300, "hidden_size_per_layer_input": 0}}""");
        File.Delete(Path.Combine(folder.Path, "generation_config.json"));

        var model = Gemma4ModelFolder.Open(folder.Path);

        Assert.Equal(300, model.ContextLength);
        Assert.Equal([1, 7, 50, 106], model.StopTokenIds);
        Assert.Equal(PromptFlavor.Large, model.Flavor);
        Assert.Equal(1f, model.GenerationDefaults.Temperature);
    }

    [Fact]
    public void The_fast_variant_is_taken_and_any_other_by_name()
    {
        using TemporaryFolder folder = Variants("", "_q4", "_fp16", "_quantized");

        Assert.Equal("q4", Gemma4ModelFolder.Open(folder.Path).Variant);
        foreach ((string asked, string suffix) in new[] { ("fp32", ""), ("q8", "_quantized"), ("quantized", "_quantized"), ("_fp16", "_fp16"), ("Q4", "_q4") })
        {
            var model = Gemma4ModelFolder.Open(folder.Path, asked);
            Assert.Equal($"decoder_model_merged{suffix}.onnx", Path.GetFileName(model.ModelPath));
            Assert.Equal($"embed_tokens{suffix}.onnx", Path.GetFileName(model.EmbeddingPath));
        }
    }

    [Fact]
    public void A_variant_that_is_not_there_is_answered_with_those_that_are()
    {
        using TemporaryFolder folder = Variants("_q4", "_fp16");

        string message = Failure(folder.Path, "int8");

        Assert.Contains("has no variant 'int8'. It has 'q4', 'fp16'", message, StringComparison.Ordinal);
        Assert.Contains("one precision only", Failure(models.Path("text"), "q4"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_single_embedding_serves_a_decoder_of_another_variant_but_two_are_not_guessed_between()
    {
        using TemporaryFolder folder = Variants("_q4", "_fp16");
        Directory.Move(Path.Combine(folder.Path, "onnx", "decoder_model_merged_q4.onnx"), Path.Combine(folder.Path, "onnx", "decoder_model_merged_int8.onnx"));

        string message = Failure(folder.Path, "int8");
        File.Delete(Path.Combine(folder.Path, "onnx", "embed_tokens_fp16.onnx"));

        Assert.Contains("onnx/embed_tokens_int8.onnx not found", message, StringComparison.Ordinal);
        Assert.Contains("embed_tokens_q4.onnx, embed_tokens_fp16.onnx", message, StringComparison.Ordinal);
        Assert.Equal("embed_tokens_q4.onnx", Path.GetFileName(Gemma4ModelFolder.Open(folder.Path, "int8").EmbeddingPath));
    }

    [Fact]
    public void A_transformers_js_folder_with_one_graph_runs_as_a_text_model()
    {
        using TemporaryFolder folder = models.Copy("text");
        File.Delete(Path.Combine(folder.Path, "genai_config.json"));
        Directory.CreateDirectory(Path.Combine(folder.Path, "onnx"));
        File.Move(Path.Combine(folder.Path, "model.onnx"), Path.Combine(folder.Path, "onnx", "model_q4.onnx"));
        File.Move(Path.Combine(folder.Path, "model.onnx.data"), Path.Combine(folder.Path, "onnx", "model.onnx.data"));

        AssertSameAsText(folder.Path);
    }

    [Fact]
    public void Per_layer_inputs_may_be_cut_into_axes_on_one_side_only()
    {
        using TemporaryFolder folder = models.Copy("transformers-js");
        foreach (string extension in new[] { ".onnx", ".onnx_data" })
        {
            string name = Path.Combine("onnx", "decoder_model_merged" + extension);
            File.Copy(Path.Combine(models.Path("transformers-js, per-layer axis"), name), Path.Combine(folder.Path, name), overwrite: true);
        }

        AssertSameAsText(folder.Path);
    }

    [Theory]
    [InlineData("multi-model", "embedding/model.onnx")]
    [InlineData("multi-model", "embedding/model.onnx.data")]
    [InlineData("multi-model", "decoder/model.onnx")]
    [InlineData("multi-model", "decoder/model.onnx.data")]
    [InlineData("multi-model", "tokenizer.json")]
    [InlineData("transformers-js", "onnx/embed_tokens.onnx")]
    [InlineData("transformers-js", "onnx/embed_tokens.onnx_data")]
    [InlineData("transformers-js", "onnx/decoder_model_merged.onnx_data")]
    [InlineData("transformers-js", "config.json")]
    [InlineData("transformers-js", "tokenizer.json")]
    public void A_missing_file_is_named(string layout, string file)
    {
        using TemporaryFolder folder = models.Copy(layout);
        File.Delete(Path.Combine(folder.Path, file));

        string message = Failure(folder.Path);

        Assert.Contains(file, message.Replace('\\', '/'), StringComparison.Ordinal);
        Assert.Contains("not found", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_without_a_model_is_told_what_was_looked_for()
    {
        using var empty = new TemporaryFolder();

        string message = Failure(empty.Path);
        string inside = Failure(Path.Combine(models.Path("transformers-js"), "onnx"));

        Assert.Contains("genai_config.json not found", message, StringComparison.Ordinal);
        Assert.Contains("onnx/decoder_model_merged*.onnx", message, StringComparison.Ordinal);
        Assert.Contains("name the folder above it", inside, StringComparison.Ordinal);
    }

    [Fact]
    public void A_config_of_another_family_is_refused()
    {
        using TemporaryFolder folder = models.Copy("transformers-js").Write("config.json", """{"model_type": "llama", "vocab_size": 512}""");

        Assert.Contains("'model_type' in", Failure(folder.Path), StringComparison.Ordinal);
        Assert.Contains("not 'llama'", Failure(folder.Path), StringComparison.Ordinal);
    }

    [Fact]
    public void A_multi_model_folder_without_an_embedding_section_is_refused()
    {
        using TemporaryFolder folder = models.Copy("multi-model").Write(
            "genai_config.json", """{"model": {"type": "gemma4", "vocab_size": 512, "context_length": 512}}""");

        Assert.Contains("'model.embedding' in", Failure(folder.Path), StringComparison.Ordinal);
    }

    [Fact]
    public void Parts_for_images_and_audio_are_noted_and_left_alone()
    {
        using TemporaryFolder folder = models.Copy("multi-model");
        string config = File.ReadAllText(Path.Combine(folder.Path, "genai_config.json"));
        folder.Write("genai_config.json", config.Replace(
            "\"embedding\"", "\"vision\": {\"filename\": \"vision_encoder/model.onnx\"}, \"speech\": {\"filename\": \"\"}, \"embedding\"", StringComparison.Ordinal));

        Assert.Equal(["vision", "speech"], Gemma4ModelFolder.Open(folder.Path).IgnoredParts);
        AssertSameAsText(folder.Path);
    }

    [Fact]
    public void Inputs_that_no_text_model_has_are_named_for_either_graph()
    {
        using TemporaryFolder decoder = models.Copy("multi-model");
        AddInput(Path.Combine(decoder.Path, "decoder", "model.onnx"), "pixel_values");
        using TemporaryFolder embedding = models.Copy("multi-model");
        AddInput(Path.Combine(embedding.Path, "embedding", "model.onnx"), "pixel_values");

        Assert.Contains("also wants the inputs 'pixel_values'", Refusal(decoder), StringComparison.Ordinal);
        Assert.Contains("accepted are 'inputs_embeds', 'per_layer_inputs', 'input_ids'", Refusal(decoder), StringComparison.Ordinal);
        Assert.Contains("embedding graph", Refusal(embedding), StringComparison.Ordinal);
        Assert.Contains("also wants the input 'pixel_values'", Refusal(embedding), StringComparison.Ordinal);
    }

    [Fact]
    public void Graphs_of_two_models_are_not_joined()
    {
        using TemporaryFolder folder = models.Copy("multi-model");
        string graph = Path.Combine(folder.Path, "embedding", "model.onnx");
        File.WriteAllBytes(graph, Embedding(TestGraph.Float, width: 4).ToArray());
        string narrow = Refusal(folder);
        File.WriteAllBytes(graph, Embedding(TestGraph.Float16, width: 64).ToArray());

        Assert.Contains("gives 4 numbers of 'inputs_embeds' for a token, but the decoder", narrow, StringComparison.Ordinal);
        Assert.Contains("gives 'inputs_embeds' as Float16, but the decoder", Refusal(folder), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("decoder/model.onnx")]
    [InlineData("embedding/model.onnx")]
    public void A_graph_that_cannot_be_loaded_is_named(string file)
    {
        using TemporaryFolder folder = models.Copy("multi-model");
        File.WriteAllBytes(
            Path.Combine(folder.Path, file),
            new TestGraph().Input("x", TestGraph.Float, "1").Output("y", TestGraph.Float, "1").Node("NoSuchOperator", "y", "x").ToArray());

        string message = Refusal(folder);

        Assert.Contains(file, message.Replace('\\', '/'), StringComparison.Ordinal);
        Assert.Contains("could not be loaded by ONNX Runtime", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_cache_that_something_else_reads_too_is_not_shared()
    {
        TestGraph Attention() => new TestGraph().Node(
            "com.microsoft", "GroupQueryAttention", [], ["y", "present", "present.value"], ["q", "k", "v", "past", "past.value"]);
        using TemporaryFolder folder = new TemporaryFolder()
            .Write("plain.onnx", Attention().ToArray())
            .Write("shape.onnx", Attention().Node("Shape", "length", "past").ToArray())
            .Write("other.onnx", Attention().Node("Identity", "present.copy", "present").ToArray());

        var plain = new CacheWiring(GraphFile.Read(Path.Combine(folder.Path, "plain.onnx")));
        var shape = new CacheWiring(GraphFile.Read(Path.Combine(folder.Path, "shape.onnx")));
        var other = new CacheWiring(GraphFile.Read(Path.Combine(folder.Path, "other.onnx")));

        Assert.True(plain.IsInPlace("past", "present"));
        Assert.True(plain.IsInPlace("past.value", "present.value"));
        Assert.False(plain.IsInPlace("past", "present.value"));
        Assert.False(shape.IsInPlace("past", "present"));
        Assert.True(shape.IsInPlace("past.value", "present.value"));
        Assert.True(other.IsInPlace("past", "present"));
        Assert.False(other.IsInPlace("past", "present.copy"));
    }

    private void AssertSameAsText(string path)
    {
        using OnnxGenerationEngine engine = LayoutModels.LoadFolder(path);
        using OnnxGenerationEngine text = models.Load("text");
        using IGenerationSession session = engine.CreateSession();
        using IGenerationSession expected = text.CreateSession();
        session.Append([2, 105, 9, 44]);
        expected.Append([2, 105, 9, 44]);
        for (int id = 0; id < text.VocabularySize; id++)
        {
            Assert.Equal(expected.Logits[id], session.Logits[id], 2e-3f);
        }
    }

    /// <summary>Empty graphs under the names of several variants.</summary>
    private TemporaryFolder Variants(params string[] suffixes)
    {
        TemporaryFolder folder = models.Copy("transformers-js");
        Directory.Delete(Path.Combine(folder.Path, "onnx"), recursive: true);
        Directory.CreateDirectory(Path.Combine(folder.Path, "onnx"));
        foreach (string suffix in suffixes)
        {
            folder.Write($"onnx/embed_tokens{suffix}.onnx", new TestGraph().ToArray());
            folder.Write($"onnx/decoder_model_merged{suffix}.onnx", new TestGraph().ToArray());
        }

        return folder;
    }

    private static TestGraph Embedding(int type, int width) => new TestGraph()
        .Input("input_ids", TestGraph.Int64, "1", "s")
        .Output("inputs_embeds", type, "1", "s", $"{width}")
        .Output("per_layer_inputs", type, "1", "s", "160")
        .Weight("table", type, 2, width, new byte[2 * width * (type == TestGraph.Float ? sizeof(float) : sizeof(ushort))])
        .Weight("wide", type, 2, 160, new byte[2 * 160 * (type == TestGraph.Float ? sizeof(float) : sizeof(ushort))])
        .Node("Gather", "inputs_embeds", "table", "input_ids")
        .Node("Gather", "per_layer_inputs", "wide", "input_ids");

    /// <summary>Protobuf messages merge when they are written one after the other, so an input can simply be appended.</summary>
    private static void AddInput(string graphPath, string name)
    {
        using FileStream stream = File.Open(graphPath, FileMode.Append);
        stream.Write(new TestGraph().Input(name, TestGraph.Float, "1", "3").GraphField());
    }

    private static string Failure(string path, string? variant = null) =>
        Assert.Throws<Gemma4ModelException>(() => Gemma4ModelFolder.Open(path, variant)).Message;

    private static string Refusal(TemporaryFolder folder) =>
        Assert.Throws<Gemma4ModelException>(() => LayoutModels.LoadFolder(folder.Path)).Message;
}
