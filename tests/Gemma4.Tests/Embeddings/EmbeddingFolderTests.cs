using System.Text.Json.Nodes;
using Gemma4.Embeddings;
using Gemma4.Tests.Tokenization;
using Xunit;

namespace Gemma4.Tests.Embeddings;

public sealed class EmbeddingFolderTests : IDisposable
{
    private readonly ToyEmbeddingModel _model = new(ToyGraph.Tokens);

    public static TheoryData<string, string?, string> Damages => new()
    {
        { "tokenizer.json", null, "tokenizer.json not found" },
        { "tokenizer.json", "{", "not a whole JSON document" },
        { "model.onnx", null, "No model.onnx found" },
        { "model.onnx", "no graph", "model.onnx" },
        { "modules.json", "{}", "not a list of modules" },
        { "modules.json", """[{"type":"sentence_transformers.models.LSTM","path":""}]""", "LSTM" },
        { "1_Pooling/config.json", """{"pooling_mode_cls_token":true}""", "pooling" },
        { "1_Pooling/config.json", """{"pooling_mode_mean_tokens":true,"include_prompt":false}""", "pooling" },
        { "2_Dense/config.json", null, "dense layer" },
        { "2_Dense/config.json", """{"in_features":8,"out_features":0}""", "'out_features'" },
        { "2_Dense/config.json", """{"in_features":8,"out_features":24,"activation_function":"torch.nn.modules.activation.Tanh"}""", "Tanh" },
        { "2_Dense/config.json", """{"in_features":8,"out_features":24,"bias":true}""", "'linear.bias'" },
        { "2_Dense/config.json", """{"in_features":7,"out_features":24}""", "makes 168" },
        { "2_Dense/model.safetensors", null, "model.safetensors' not found" },
        { "2_Dense/model.safetensors", "cut", "header is cut off" },
        { "sentence_bert_config.json", """{"max_seq_length": 0}""", "0 tokens" },
        { "sentence_bert_config.json", """{"max_seq_length": "many"}""", "'max_seq_length'" },
    };

    public void Dispose() => _model.Dispose();

    [Theory]
    [MemberData(nameof(Damages))]
    public void A_damaged_folder_is_refused_with_what_is_wrong(string file, string? content, string named)
    {
        if (content is null)
        {
            File.Delete(Path.Combine(_model.Path, file));
        }
        else
        {
            _model.Write(file, content);
        }

        Gemma4ModelException refused = Assert.Throws<Gemma4ModelException>(() => _model.Load());
        Assert.Contains(named, refused.Message, StringComparison.Ordinal);
        Assert.Contains("toy-embedding", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Layers_of_another_model_are_refused()
    {
        _model.WriteDense("3_Dense", 23, 12, "F32", new byte[23 * 12 * sizeof(float)]);

        Assert.Contains("takes 23 values, but 24 come", Assert.Throws<Gemma4ModelException>(() => _model.Load()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_that_is_not_there_is_named() =>
        Assert.Contains("'nowhere'", Assert.Throws<Gemma4ModelException>(() => _model.Load(options => options.ModelPath = "nowhere")).Message, StringComparison.Ordinal);

    [Fact]
    public void Limits_above_the_model_are_refused()
    {
        Assert.Contains("reads 200 tokens", Assert.Throws<Gemma4ModelException>(() => _model.Load(options => options.MaxTokens = 201)).Message, StringComparison.Ordinal);
        Assert.Contains("gives 12 values", Assert.Throws<Gemma4ModelException>(() => _model.Load(options => options.Dimensions = 13)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Values_that_are_not_numbers_are_refused_with_the_likely_cause()
    {
        float[] weights = new float[8 * 24];
        weights[3] = float.PositiveInfinity;
        _model.WriteDense("2_Dense", 8, 24, "F32", System.Runtime.InteropServices.MemoryMarshal.AsBytes(weights.AsSpan()));
        using Gemma4EmbeddingGenerator generator = _model.Load();

        Assert.Contains("half precision", (await Assert.ThrowsAsync<Gemma4ModelException>(() => generator.GenerateAsync(["x"]))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Half_precision_runs_only_when_it_is_named()
    {
        Directory.CreateDirectory(Path.Combine(_model.Path, "onnx"));
        File.Move(Path.Combine(_model.Path, "model.onnx"), Path.Combine(_model.Path, "onnx", "model_fp16.onnx"));

        Assert.Contains("'fp16'", Assert.Throws<Gemma4ModelException>(() => _model.Load()).Message, StringComparison.Ordinal);
        using (Gemma4EmbeddingGenerator named = _model.Load(options => options.ModelVariant = "fp16"))
        {
            EmbeddingGeneratorTests.Near(_model.Embed("x"), (await named.GenerateAsync(["x"]))[0]);
        }

        File.Copy(Path.Combine(_model.Path, "onnx", "model_fp16.onnx"), Path.Combine(_model.Path, "onnx", "model_quantized.onnx"));
        using Gemma4EmbeddingGenerator chosen = _model.Load();
        Assert.Contains("'q2'", Assert.Throws<Gemma4ModelException>(() => _model.Load(options => options.ModelVariant = "q2")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<eos>","type_id":0}},{"Sequence":{"id":"A","type_id":0}}]}""", null, new[] { 257, 'x' })]
    [InlineData("""{"type":"TemplateProcessing","single":[{"Sequence":{"id":"A","type_id":0}}]}""", """{"add_bos_token":true}""", new[] { 258, 'x' })]
    [InlineData(null, """{"add_bos_token":true,"add_eos_token":true}""", new[] { 258, 'x', 257 })]
    [InlineData(null, """{"model_max_length":5}""", new[] { 258, 'x', 257 })]
    public async Task The_tokens_around_a_text_are_those_of_the_folder(string? postProcessor, string? config, int[] ids)
    {
        JsonObject tokenizer = ToyEmbeddingModel.Tokenizer();
        tokenizer["post_processor"] = postProcessor is null ? null : SmallTokenizer.Parse(postProcessor);
        _model.Write("tokenizer.json", tokenizer.ToJsonString());
        if (config is not null)
        {
            _model.Write("tokenizer_config.json", config);
        }

        using Gemma4EmbeddingGenerator generator = _model.Load();

        EmbeddingGeneratorTests.Near(_model.Embed(ids), (await generator.GenerateAsync(["x"]))[0]);
    }

    [Fact]
    public async Task Control_tokens_in_a_text_stay_text_and_whole_words_of_the_vocabulary_do_not()
    {
        JsonObject tokenizer = ToyEmbeddingModel.Tokenizer();
        ((JsonArray)tokenizer["added_tokens"]!).Add(SmallTokenizer.Parse("""{"id":259,"content":"\n\n","special":false}"""));
        ((JsonArray)tokenizer["added_tokens"]!).Add(SmallTokenizer.Parse("""{"id":260,"content":"\n\n\n","special":false}"""));
        _model.Write("tokenizer.json", tokenizer.ToJsonString());
        EmbeddingTokenizer read = EmbeddingTokenizer.Load(EmbeddingFolder.Open(_model.Path, null));

        Assert.Equal([258, 'a', 260, 'b', 260, 259, 'c', '\n', 257], read.Encode("a\n\n\nb\n\n\n\n\nc\n", 100, out _));
        Assert.Equal(ToyEmbeddingModel.Ids("<eos>").Select(id => (long)id), read.Encode("<eos>", 100, out _));
        using Gemma4EmbeddingGenerator generator = _model.Load();
        EmbeddingGeneratorTests.Near(_model.Embed("<bos>"), (await generator.GenerateAsync(["<bos>"]))[0]);
    }
}
