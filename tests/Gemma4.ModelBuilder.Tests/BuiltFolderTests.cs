using System.Text.Json;
using Gemma4.ModelBuilder.Graphs;
using Gemma4.Models;

namespace Gemma4.ModelBuilder.Tests;

public sealed class BuiltFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static string Checkpoint => TestData.Path("tiny", "e2b");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(ModelPrecision.Float32)]
    [InlineData(ModelPrecision.Int8)]
    [InlineData(ModelPrecision.Int4)]
    [InlineData(ModelPrecision.Float16)]
    public async Task The_same_checkpoint_gives_the_same_bytes(ModelPrecision precision)
    {
        var options = new ModelBuildOptions { Precision = precision };
        await Gemma4ModelBuilder.BuildAsync(Checkpoint, _folder.Path("a"), options);
        await Gemma4ModelBuilder.BuildAsync(Checkpoint, _folder.Path("b"), options);
        FolderAssert.Equal(_folder.Path("a"), _folder.Path("b"));
    }

    [Fact]
    public async Task A_folder_holds_what_the_runtimes_need()
    {
        await Gemma4ModelBuilder.BuildAsync(Checkpoint, _folder.Path("built"));
        Assert.Equal(
            ["README.md", "config.json", "genai_config.json", "generation_config.json", "model.onnx",
                "model.onnx.data", "tokenizer.json", "tokenizer_config.json"],
            Directory.EnumerateFiles(_folder.Path("built")).Select(f => Path.GetFileName(f)!)
                .Order(StringComparer.Ordinal));

        var model = Reference.Read(Path.Combine(_folder.Path("built"), "genai_config.json")).GetProperty("model");
        Assert.Equal([1, 106, 50], Reference.Ids(model.GetProperty("eos_token_id")));
        Assert.Equal(512, model.GetProperty("context_length").GetInt32());
        var window = model.GetProperty("decoder").GetProperty("sliding_window");
        Assert.Equal([0, 1, 2, 3], Reference.Ids(window.GetProperty("layers")));
        Assert.Equal(JsonValueKind.False, window.GetProperty("slide_key_value_cache").ValueKind);
        Assert.Equal(5, model.GetProperty("decoder").GetProperty("num_hidden_layers").GetInt32());
    }

    [Theory]
    [InlineData(ModelLayout.MultiModel, ModelPrecision.Float32,
        "decoder/model.onnx decoder/model.onnx.data embedding/model.onnx embedding/model.onnx.data genai_config.json")]
    [InlineData(ModelLayout.TransformersJs, ModelPrecision.Float32,
        "onnx/decoder_model_merged.onnx onnx/decoder_model_merged.onnx_data onnx/embed_tokens.onnx onnx/embed_tokens.onnx_data")]
    [InlineData(ModelLayout.TransformersJs, ModelPrecision.Int4,
        "onnx/decoder_model_merged_q4.onnx onnx/decoder_model_merged_q4.onnx_data onnx/embed_tokens_q4.onnx onnx/embed_tokens_q4.onnx_data")]
    [InlineData(ModelLayout.TransformersJs, ModelPrecision.Int8,
        "onnx/decoder_model_merged_quantized.onnx onnx/decoder_model_merged_quantized.onnx_data onnx/embed_tokens_quantized.onnx onnx/embed_tokens_quantized.onnx_data")]
    public async Task A_folder_holds_what_its_layout_has(ModelLayout layout, ModelPrecision precision, string files)
    {
        var options = new ModelBuildOptions { Layout = layout, Precision = precision };
        await Gemma4ModelBuilder.BuildAsync(Checkpoint, _folder.Path("built"), options);
        await Gemma4ModelBuilder.BuildAsync(Checkpoint, _folder.Path("again"), options);

        string[] always = ["README.md", "config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json"];
        Assert.Equal(
            always.Concat(files.Split(' ')).Order(StringComparer.Ordinal),
            Directory.EnumerateFiles(_folder.Path("built"), "*", SearchOption.AllDirectories)
                .Select(file => Path.GetRelativePath(_folder.Path("built"), file).Replace('\\', '/'))
                .Order(StringComparer.Ordinal));
        foreach (var file in files.Split(' '))
        {
            Assert.Equal(
                await File.ReadAllBytesAsync(Path.Combine(_folder.Path("built"), file)),
                await File.ReadAllBytesAsync(Path.Combine(_folder.Path("again"), file)));
        }
    }

    [Fact]
    public async Task A_multi_model_config_says_what_passes_between_the_graphs()
    {
        await Gemma4ModelBuilder.BuildAsync(
            Checkpoint, _folder.Path("built"), new ModelBuildOptions { Layout = ModelLayout.MultiModel });
        var model = Reference.Read(Path.Combine(_folder.Path("built"), "genai_config.json")).GetProperty("model");
        var embedding = model.GetProperty("embedding");
        var decoder = model.GetProperty("decoder");

        Assert.Equal("gemma4", model.GetProperty("type").GetString());
        Assert.Equal("embedding/model.onnx", embedding.GetProperty("filename").GetString());
        Assert.Equal(["input_ids", "image_features", "audio_features"], Keys(embedding, "inputs"));
        Assert.Equal(["inputs_embeds", "per_layer_inputs"], Keys(embedding, "outputs"));
        Assert.Equal("decoder/model.onnx", decoder.GetProperty("filename").GetString());
        Assert.Equal(
            ["inputs_embeds", "per_layer_inputs", "attention_mask", "past_key_names", "past_value_names"],
            Keys(decoder, "inputs"));

        static IEnumerable<string> Keys(JsonElement part, string key) =>
            part.GetProperty(key).EnumerateObject().Select(property => property.Name);
    }

    [Fact]
    public async Task Options_that_do_not_go_with_a_layout_are_refused()
    {
        var limited = new ModelBuildOptions { Layout = ModelLayout.TransformersJs, ContextLength = 64 };
        var unknown = new ModelBuildOptions { Layout = (ModelLayout)9 };

        var refusal = await Assert.ThrowsAsync<NotSupportedException>(
            () => Gemma4ModelBuilder.BuildAsync(Checkpoint, _folder.Path("built"), limited));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            () => Gemma4ModelBuilder.BuildAsync(Checkpoint, _folder.Path("built"), unknown));

        Assert.Contains("ContextLength", refusal.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder.Path("built")));
    }

    [Fact]
    public async Task Only_layers_that_own_keys_and_values_have_a_cache()
    {
        await Gemma4ModelBuilder.BuildAsync(Checkpoint, _folder.Path("built"), new() { KeyValues = KeyValueCache.Full });
        using var runner = new GraphRunner(_folder.Path("built"));
        Assert.Equal(2 + (2 * 5), runner.Inputs.Count);
        Assert.Equal([-1, 1, -1, 16], runner.Inputs["past_key_values.3.key"].Dimensions);
        Assert.Equal([-1, 1, -1, 32], runner.Inputs["past_key_values.4.value"].Dimensions);
        Assert.Equal([-1, 1, 512], runner.Outputs["logits"].Dimensions);
        Assert.DoesNotContain("windowed", await File.ReadAllTextAsync(Path.Combine(_folder.Path("built"), "README.md")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Caches_of_8_bits_are_those_of_full_attention_alone()
    {
        await Gemma4ModelBuilder.BuildAsync(Checkpoint, _folder.Path("built"), new() { KeyValuePrecision = ModelPrecision.Int8 });

        using var runner = new GraphRunner(_folder.Path("built"));
        Assert.Equal(typeof(float), runner.Inputs["past_key_values.3.key"].ElementType);
        Assert.Equal(typeof(sbyte), runner.Inputs["past_key_values.4.key"].ElementType);
        Assert.Equal(typeof(sbyte), runner.Outputs["present.4.value"].ElementType);
        Assert.Contains("| precision of full caches | Int8 |", await File.ReadAllTextAsync(Path.Combine(_folder.Path("built"), "README.md")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ModelLayout.Text, KeyValueCache.Full)]
    [InlineData(ModelLayout.MultiModel, null)]
    [InlineData(ModelLayout.TransformersJs, null)]
    public async Task Caches_of_8_bits_are_refused_where_other_engines_read_the_folder(ModelLayout layout, KeyValueCache? keyValues)
    {
        var refusal = await Assert.ThrowsAsync<NotSupportedException>(() => Gemma4ModelBuilder.BuildAsync(
            Checkpoint, _folder.Path("refused"), new() { Layout = layout, KeyValues = keyValues, KeyValuePrecision = ModelPrecision.Int8 }));

        Assert.Contains("genai_config.json cannot say", refusal.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder.Path("refused")));
    }

    [Theory]
    [InlineData(ModelPrecision.Float16)]
    [InlineData(ModelPrecision.Int4)]
    public async Task Caches_of_other_precisions_are_refused(ModelPrecision precision)
    {
        var refusal = await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Gemma4ModelBuilder.BuildAsync(
            Checkpoint, _folder.Path("refused"), new() { KeyValuePrecision = precision }));

        Assert.Contains("choose Float32 or Int8", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_channels_that_turn_into_each_other_share_the_larger_bound()
    {
        // Of eight channels the first pair turns, 0 with 4; the others stay by themselves.
        var bounds = CacheScales.KeyBounds([1, 2, 3, 4, -5, 6, 7, 0], rotaryShare: 0.25);

        Assert.Equal([5, 2, 3, 4, 5, 6, 7, 1e-6f], bounds);
    }

    [Fact]
    public async Task The_text_layout_keeps_windows_unless_told_otherwise_and_the_others_never_do()
    {
        await Gemma4ModelBuilder.BuildAsync(Checkpoint, _folder.Path("built"));
        var refusal = await Assert.ThrowsAsync<NotSupportedException>(() => Gemma4ModelBuilder.BuildAsync(
            Checkpoint, _folder.Path("refused"), new() { Layout = ModelLayout.MultiModel, KeyValues = KeyValueCache.Windowed }));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Gemma4ModelBuilder.BuildAsync(
            Checkpoint, _folder.Path("refused"), new() { KeyValues = (KeyValueCache)9 }));

        using var runner = new GraphRunner(_folder.Path("built"));
        Assert.Equal(5 + (2 * 5), runner.Inputs.Count);
        Assert.Contains("sliding_attention_mask", runner.Inputs.Keys);
        Assert.Contains("num_logits_to_keep", runner.Inputs.Keys);
        Assert.Equal([-1, -1, 512], runner.Outputs["logits"].Dimensions);
        Assert.Contains("| key and value cache | windowed |", await File.ReadAllTextAsync(Path.Combine(_folder.Path("built"), "README.md")), StringComparison.Ordinal);
        Assert.Contains("MultiModel", refusal.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder.Path("refused")));
    }

    [Fact]
    public async Task A_prompt_in_pieces_gives_the_same_logits_as_in_one()
    {
        await Gemma4ModelBuilder.BuildAsync(Checkpoint, _folder.Path("built"));
        using var runner = new GraphRunner(_folder.Path("built"));
        var ids = Enumerable.Range(0, 60).Select(i => 200 + (i * 37 % 290)).ToArray();
        var whole = runner.Append(ids);
        foreach (var piece in new[] { 1, 7, 25 })
        {
            runner.Reset();
            float[] logits = [];
            foreach (var part in ids.Chunk(piece))
            {
                logits = runner.Append(part);
            }

            Assert.InRange(Reference.LargestDifference(whole, logits), 0, 1e-4f);
        }
    }

    [Theory]
    [InlineData(ModelPrecision.Float16, 32, 0.02f)]
    [InlineData(ModelPrecision.Int8, 32, 0.7f)]
    [InlineData(ModelPrecision.Int8, 16, 0.7f)]
    [InlineData(ModelPrecision.Int4, 16, 9f)]
    public async Task A_quantised_build_stays_near_the_reference(ModelPrecision precision, int block, float tolerance)
    {
        // Random weights with logits up to 20 are far more sensitive than trained ones, hence the wide bounds.
        await Gemma4ModelBuilder.BuildAsync(Checkpoint, _folder.Path("built"),
            new() { Precision = precision, BlockSize = block, AccuracyLevel = 1 });
        using var runner = new GraphRunner(_folder.Path("built"));
        var test = Reference.Read(Path.Combine(Checkpoint, "reference.json")).GetProperty("cases")[1];
        var expected = Reference.Floats(test.GetProperty("logits_last").GetProperty("base64").GetString()!);
        var actual = runner.Append(Reference.Ids(test.GetProperty("prompt")));
        Assert.InRange(Reference.LargestDifference(expected, actual), 0, tolerance);
    }

    [Fact]
    public async Task A_filled_output_folder_is_kept_unless_overwriting_is_asked_for()
    {
        Directory.CreateDirectory(_folder.Path("built"));
        File.WriteAllText(Path.Combine(_folder.Path("built"), "mine.txt"), "keep");
        var error = await Assert.ThrowsAsync<IOException>(
            () => Gemma4ModelBuilder.BuildAsync(Checkpoint, _folder.Path("built")));
        Assert.Contains("Overwrite", error.Message);
        Assert.True(File.Exists(Path.Combine(_folder.Path("built"), "mine.txt")));

        await Gemma4ModelBuilder.BuildAsync(Checkpoint, _folder.Path("built"), new() { Overwrite = true });
        Assert.False(File.Exists(Path.Combine(_folder.Path("built"), "mine.txt")));
        Assert.True(File.Exists(Path.Combine(_folder.Path("built"), "model.onnx")));
    }

    [Fact]
    public async Task A_cancelled_build_leaves_nothing()
    {
        using var cancellation = new CancellationTokenSource();
        var progress = new CancelAfter(10, cancellation);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Gemma4ModelBuilder.BuildAsync(
            Checkpoint, _folder.Path("built"), null, progress, cancellation.Token));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Root));
    }

    [Theory]
    [InlineData(48, 4, null)]
    [InlineData(32, 9, null)]
    [InlineData(32, 4, 0)]
    [InlineData(32, 4, 513)]
    public async Task An_option_out_of_range_is_refused(int block, int accuracy, int? context)
    {
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Gemma4ModelBuilder.BuildAsync(
            Checkpoint, _folder.Path("built"),
            new() { BlockSize = block, AccuracyLevel = accuracy, ContextLength = context }));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Root));
    }

    private sealed class CancelAfter(int weights, CancellationTokenSource cancellation) : IProgress<ModelBuildProgress>
    {
        private int _seen;

        public void Report(ModelBuildProgress value)
        {
            if (++_seen == weights)
            {
                cancellation.Cancel();
            }
        }
    }
}
