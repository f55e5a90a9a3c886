namespace Gemma4.ModelBuilder.Tests;

/// <summary>Checkpoints as fine-tuning tools leave them: built, with a note, or refused with the way out.</summary>
public sealed class ExportedCheckpointTests : IDisposable
{
    private const string Query = "model.layers.2.self_attn.q_proj.weight";
    private const string Embedding = "model.embed_tokens.weight";

    private readonly TemporaryFolder _folder = new();
    private readonly CheckpointEditor _editor;

    public ExportedCheckpointTests() => _editor = new CheckpointEditor(Source, _folder.Path("checkpoint"));

    private static string Source => TestData.Path("tiny", "e2b");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_plain_checkpoint_tells_only_of_tensors_its_borrowing_layers_do_not_use()
    {
        var notes = await BuildAsync();
        var note = Assert.Single(notes);
        Assert.Contains("borrow", note);
        Assert.Contains(note, await File.ReadAllTextAsync(Path.Combine(_folder.Path("built"), "README.md")));
    }

    [Fact]
    public async Task A_checkpoint_of_16_bit_floats_gives_the_same_answers()
    {
        _editor.ToHalves();
        await BuildAsync();
        AnswersAsReference(5e-3f);
    }

    [Fact]
    public async Task A_copied_head_is_left_out_with_a_note()
    {
        _editor["lm_head.weight"] = _editor[Embedding];
        Assert.Contains(await BuildAsync(), note => note.Contains("lm_head.weight") && note.Contains("copy"));
        AnswersAsReference(2e-3f);
    }

    [Fact]
    public async Task A_head_that_differs_although_it_is_tied_is_told()
    {
        _editor["lm_head.weight"] = Negated(_editor[Embedding]);
        Assert.Contains(await BuildAsync(), note => note.Contains("differs") && note.Contains("tie_word_embeddings"));
        AnswersAsReference(2e-3f);
    }

    [Theory]
    [InlineData(ModelPrecision.Float32)]
    [InlineData(ModelPrecision.Int8)]
    public async Task A_head_of_its_own_is_built(ModelPrecision precision)
    {
        // The negated embedding as head turns every logit around, which no tied graph can do.
        _editor["lm_head.weight"] = Negated(_editor[Embedding]);
        _editor.EditConfig(config => config["tie_word_embeddings"] = false);
        _editor.Save();
        await Gemma4ModelBuilder.BuildAsync(
            _folder.Path("checkpoint"), _folder.Path("own"), new() { Precision = precision });
        await Gemma4ModelBuilder.BuildAsync(Source, _folder.Path("tied"), new() { Precision = precision });

        using var own = new GraphRunner(_folder.Path("own"));
        using var tied = new GraphRunner(_folder.Path("tied"));
        int[] prompt = [2, 300, 301];
        var expected = tied.Append(prompt).Select(logit => -logit).ToArray();
        Assert.InRange(Reference.LargestDifference(expected, own.Append(prompt)), 0, 1e-3f);
    }

    [Fact]
    public async Task Leftover_tensors_and_a_missing_generation_config_are_told()
    {
        _editor["model.rotary_emb.inv_freq"] = new("F32", [1], [0, 0, 0, 0]);
        _editor.Delete("generation_config.json");
        var notes = await BuildAsync();
        Assert.Contains(notes, note => note.Contains("model.rotary_emb.inv_freq"));
        Assert.Contains(notes, note => note.Contains("generation_config.json"));
        AnswersAsReference(2e-3f);
    }

    [Fact]
    public async Task Names_of_a_wrapper_that_was_taken_off_are_read()
    {
        _editor.Rename(Query, Query.Replace(".weight", ".base_layer.weight", StringComparison.Ordinal));
        foreach (var name in _editor.Names)
        {
            _editor.Rename(name, "base_model.model." + name);
        }

        await BuildAsync();
        AnswersAsReference(2e-3f);
    }

    [Fact]
    public async Task An_adapter_that_is_not_merged_is_refused()
    {
        _editor.Rename(Query, Query.Replace(".weight", ".base_layer.weight", StringComparison.Ordinal));
        _editor["model.layers.2.self_attn.q_proj.lora_A.default.weight"] = new("F32", [1, 1], [0, 0, 0, 0]);
        var error = await Assert.ThrowsAsync<NotSupportedException>(BuildAsync);
        Assert.Contains("lora_A", error.Message);
        Assert.Contains("merge_and_unload", error.Message);
    }

    [Fact]
    public async Task An_adapter_alone_is_refused()
    {
        _editor.Save();
        _editor.Delete("model.safetensors");
        File.WriteAllText(Path.Combine(_folder.Path("checkpoint"), "adapter_config.json"), "{}");
        var error = await Assert.ThrowsAsync<NotSupportedException>(
            () => Gemma4ModelBuilder.BuildAsync(_folder.Path("checkpoint"), _folder.Path("built")));
        Assert.Contains("Merge", error.Message);
    }

    [SharedFact]
    public async Task Image_and_audio_tensors_are_counted()
    {
        var result = await Gemma4ModelBuilder.BuildAsync(
            Path.Combine(TestData.Shared!, "tiny", "e2b-sharded"), _folder.Path("built"));
        Assert.Contains(result.Notes, note => note.StartsWith("15 image and audio tensors", StringComparison.Ordinal));
    }

    [SharedFact]
    public async Task The_newer_spelling_of_the_config_gives_the_same_model()
    {
        var source = Path.Combine(TestData.Shared!, "tiny", "12b");
        _ = new CheckpointEditor(source, _folder.Path("newer"));
        File.Move(Path.Combine(_folder.Path("newer"), "config.per-layer.json"),
            Path.Combine(_folder.Path("newer"), "config.json"), overwrite: true);
        await Gemma4ModelBuilder.BuildAsync(source, _folder.Path("a"));
        await Gemma4ModelBuilder.BuildAsync(_folder.Path("newer"), _folder.Path("b"));
        foreach (var name in new[] { "model.onnx", "model.onnx.data", "genai_config.json" })
        {
            Assert.True(File.ReadAllBytes(Path.Combine(_folder.Path("a"), name)).AsSpan()
                .SequenceEqual(File.ReadAllBytes(Path.Combine(_folder.Path("b"), name))), name);
        }
    }

    private static CheckpointEditor.Tensor Negated(CheckpointEditor.Tensor tensor)
    {
        // The upper bit of the second byte is the sign of a bfloat16.
        Assert.Equal("BF16", tensor.Type);
        var bytes = (byte[])tensor.Bytes.Clone();
        for (var i = 1; i < bytes.Length; i += 2)
        {
            bytes[i] ^= 0x80;
        }

        return tensor with { Bytes = bytes };
    }

    private async Task<IReadOnlyList<string>> BuildAsync()
    {
        _editor.Save();
        var result = await Gemma4ModelBuilder.BuildAsync(_folder.Path("checkpoint"), _folder.Path("built"));
        return result.Notes;
    }

    private void AnswersAsReference(float tolerance)
    {
        using var runner = new GraphRunner(_folder.Path("built"));
        var test = Reference.Read(Path.Combine(Source, "reference.json")).GetProperty("cases")[2];
        var expected = Reference.Floats(test.GetProperty("logits_last").GetProperty("base64").GetString()!);
        Assert.InRange(Reference.LargestDifference(expected,
            runner.Append(Reference.Ids(test.GetProperty("prompt")))), 0, tolerance);
    }
}
