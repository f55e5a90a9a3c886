using Gemma4.ModelBuilder.Checkpoints;
using Gemma4.ModelBuilder.Graphs;
using Gemma4.ModelBuilder.Onnx;
using Gemma4.ModelBuilder.Untrained;
using Gemma4.Tokenization;

namespace Gemma4.ModelBuilder.Tests;

public sealed class RandomModelTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(Gemma4Size.E2B, 4.63, 15)]
    [InlineData(Gemma4Size.E4B, 7.46, 24)]
    [InlineData(Gemma4Size.Dense12B, 11.91, 48)]
    [InlineData(Gemma4Size.Dense31B, 30.70, 60)]
    [InlineData(Gemma4Size.Experts26B, 25.23, 30)]
    public void A_size_has_as_many_weights_as_the_published_model(Gemma4Size size, double billions, int caches)
    {
        UntrainedFiles.Write(_folder.Root, SizeShape.Of(size));
        var config = TextConfig.Read(_folder.Path("config.json"));
        var weights = new UntrainedWeights(0);
        using (var data = new ExternalDataFile(_folder.Path("data")))
        {
            var graph = new OnnxGraph("data");
            var options = new ModelBuildOptions();
            new Gemma4Graph(config, graph, new(weights, graph, data, options, default), options, 1, GraphPart.Whole, GraphStyle.Own).Build();
        }

        var values = weights.Asked.DistinctBy(tensor => tensor.Name).Sum(tensor => tensor.Length / sizeof(float));
        Assert.Equal(billions, Math.Round(values / 1e9, 2));
        Assert.Equal(caches, config.CacheOwners.Count());
        Assert.True(config.Layers[^1].IsFull);
    }

    [Fact]
    public void The_mixture_of_experts_size_says_so_in_its_configuration()
    {
        UntrainedFiles.Write(_folder.Root, SizeShape.Of(Gemma4Size.Experts26B));
        var text = Reference.Read(_folder.Path("config.json")).GetProperty("text_config");
        Assert.True(text.GetProperty("enable_moe_block").GetBoolean());
        Assert.Equal(128, text.GetProperty("num_experts").GetInt32());
        Assert.Equal(8, text.GetProperty("top_k_experts").GetInt32());
        Assert.Equal(704, text.GetProperty("moe_intermediate_size").GetInt32());
        Assert.Equal(2112, text.GetProperty("intermediate_size").GetInt32());
    }

    [Theory]
    [InlineData(Gemma4Size.E2B)]
    [InlineData(Gemma4Size.E4B)]
    [InlineData(Gemma4Size.Dense31B)]
    public void Any_depth_gives_a_model_whose_last_layer_has_full_attention(Gemma4Size size)
    {
        var full = SizeShape.Of(size);
        for (var layers = 1; layers <= full.Layers; layers++)
        {
            var shape = full.WithLayers(layers);
            Directory.CreateDirectory(_folder.Path($"{layers}"));
            UntrainedFiles.WriteConfig(_folder.Path($"{layers}"), shape);
            var config = TextConfig.Read(Path.Combine(_folder.Path($"{layers}"), "config.json"));
            Assert.Equal(layers, config.Layers.Count);
            Assert.True(config.Layers[^1].IsFull);
        }

        Assert.Equal(full, full.WithLayers(full.Layers));
    }

    [Fact]
    public void A_shallow_E2B_borrows_about_as_many_layers_as_the_real_one()
    {
        var shape = SizeShape.Of(Gemma4Size.E2B);
        Assert.Equal(8, shape.WithLayers(14).BorrowingLayers);
        Assert.Equal(5, shape.WithLayers(10).BorrowingLayers);
        Assert.Equal(0, shape.WithLayers(5).BorrowingLayers);
    }

    [Fact]
    public void The_tokenizer_has_the_published_size_and_the_control_tokens_at_their_ids()
    {
        UntrainedFiles.Write(_folder.Root, SizeShape.Of(Gemma4Size.E2B));
        var tokenizer = Gemma4Tokenizer.Load(_folder.Root);
        Assert.Equal(262_144, tokenizer.VocabularySize);
        Assert.Equal([2, 105, 106, 50, 258_880],
            tokenizer.EncodeTemplate("<bos><|turn><turn|><|tool_response><|image|>"));
        const string Text = "Two  words,\n{\"größer\": 1} 日本";
        Assert.Equal(Text, tokenizer.Decode(tokenizer.EncodeText(Text)));
        Assert.Equal(" bacedi", tokenizer.Decode([612]));
    }

    [Fact]
    public void The_weights_depend_on_seed_name_and_place_only()
    {
        var whole = Values(new(7), "layers.0.mlp.up_proj.weight", 300, 1000);
        var tensor = new UntrainedWeights(7).Get("layers.0.mlp.up_proj.weight", 300, 1000);
        var pieces = new float[whole.Length];
        for (var row = 0; row < 300; row += 7)
        {
            var count = Math.Min(7, 300 - row);
            tensor.ReadRows(row, pieces.AsSpan(row * 1000, count * 1000));
        }

        Assert.Equal(whole, pieces);
        Assert.NotEqual(whole, Values(new(8), "layers.0.mlp.up_proj.weight", 300, 1000));
        Assert.NotEqual(whole, Values(new(7), "layers.1.mlp.up_proj.weight", 300, 1000));
    }

    [Fact]
    public void The_weights_are_spread_so_that_a_product_keeps_its_size()
    {
        var matrix = Values(new(0), "layers.0.mlp.up_proj.weight", 300, 1000);
        Assert.InRange(matrix.Average(), -0.0005, 0.0005);
        Assert.InRange(Math.Sqrt(matrix.Average(v => v * (double)v)), 0.0313, 0.0319);
        Assert.True(matrix.Distinct().Count() > matrix.Length / 5);
        Assert.InRange(Values(new(0), "norm.weight", 1000).Average(), 0.99, 1.01);
        Assert.InRange(Values(new(0), "layers.0.self_attn.q_norm.weight", 256).Average(), 0.249, 0.251);
    }

    [Fact]
    public async Task A_model_can_be_built_again_with_the_same_bytes_on_any_number_of_threads_and_runs()
    {
        var model = new RandomModel(Gemma4Size.E2B) { Seed = 3 };
        // The real width would take a minute; the path is the same.
        var shape = SizeShape.Of(Gemma4Size.E2B).WithLayers(10) with { VocabularySize = 4096, HiddenSize = 256, FeedForward = 320 };
        var options = new ModelBuildOptions { Precision = ModelPrecision.Int4, ContextLength = 64 };
        await Gemma4ModelBuilder.FromRandomAsync(model, shape, _folder.Path("a"), options with { Workers = 1 }, null, default);
        await Gemma4ModelBuilder.FromRandomAsync(model, shape, _folder.Path("b"), options with { Workers = 4 }, null, default);
        FolderAssert.Equal(_folder.Path("a"), _folder.Path("b"));

        var card = File.ReadAllText(Path.Combine(_folder.Path("a"), "README.md"));
        Assert.Contains("| random weights of size | E2B |", card);
        Assert.Contains("| seed | 3 |", card);
        using var runner = new GraphRunner(_folder.Path("a"));
        var logits = runner.Append([2, 105, 3000]);
        Assert.Equal(4096, logits.Length);
        Assert.All(logits, logit => Assert.InRange(logit, -30, 30));
        Assert.InRange(logits.Max(), 1, 30);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(36)]
    public async Task A_depth_that_the_size_does_not_have_is_refused(int layers)
    {
        var error = await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Gemma4ModelBuilder.BuildRandomAsync(
            new RandomModel(Gemma4Size.E2B) { Layers = layers }, _folder.Path("built")));
        Assert.Contains("E2B has 35", error.Message);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Root));
    }

    private static float[] Values(UntrainedWeights weights, string name, params int[] shape) =>
        weights.Get(name, shape).ReadAll();
}
