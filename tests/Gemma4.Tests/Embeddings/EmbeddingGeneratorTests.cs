using Gemma4.Embeddings;
using Gemma4.OnnxRuntime;
using Microsoft.Extensions.AI;
using Xunit;

namespace Gemma4.Tests.Embeddings;

public class EmbeddingGeneratorTests
{
    private const double Tolerance = 2e-5;
    private const double HalfTolerance = 2e-3;

    private static readonly string[] Texts = ["a", "the harbour museum opens at ten", "Übergröße \U0001F600", "x y"];

    [Theory]
    [CombinatorialKinds]
    public async Task A_text_becomes_what_the_reference_computes(ToyGraph kind, string? purpose, string prompt)
    {
        using ToyEmbeddingModel model = new(kind);
        using Gemma4EmbeddingGenerator generator = model.Load();

        GeneratedEmbeddings<Embedding<float>> embeddings = await generator.GenerateAsync(Texts, For(purpose));

        Assert.Equal(Texts.Length, embeddings.Count);
        for (int i = 0; i < Texts.Length; i++)
        {
            Near(model.Embed(prompt + Texts[i]), embeddings[i]);
        }

        Assert.Equal(Texts.Sum(text => ToyEmbeddingModel.Ids(prompt + text).Length), embeddings.Usage!.InputTokenCount);
        Assert.All(embeddings, embedding => Assert.Equal("toy-embedding", embedding.ModelId));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(40)]
    [InlineData(4096)]
    public async Task Neither_the_batch_nor_its_padding_changes_a_vector(int maxBatchTokens)
    {
        using ToyEmbeddingModel model = new(ToyGraph.Tokens);
        using Gemma4EmbeddingGenerator generator = model.Load(options => options.MaxBatchTokens = maxBatchTokens);
        string[] texts = [.. Enumerable.Range(0, 25).Select(i => new string((char)('a' + i), (i * 7 % 25) + 1))];

        GeneratedEmbeddings<Embedding<float>> embeddings = await generator.GenerateAsync(texts);

        for (int i = 0; i < texts.Length; i++)
        {
            Near(model.Embed(texts[i]), embeddings[i]);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_shorter_vector_is_the_start_of_the_long_one_with_length_one(bool byRequest)
    {
        using ToyEmbeddingModel model = new(ToyGraph.Sentences);
        using Gemma4EmbeddingGenerator generator = model.Load(options => options.Dimensions = byRequest ? null : 5);

        Embedding<float> embedding = (await generator.GenerateAsync(["short"], byRequest ? new EmbeddingGenerationOptions { Dimensions = 5 } : null))[0];

        Assert.Equal(5, embedding.Vector.Length);
        Assert.Equal(1, embedding.Vector.ToArray().Sum(value => value * value), 1e-5);
        Near(model.Embed("short", 5), embedding);
        Assert.Equal(byRequest ? ToyEmbeddingModel.Outputs : 5, generator.GetService<EmbeddingGeneratorMetadata>()!.DefaultModelDimensions);
    }

    [Theory]
    [InlineData("F16")]
    [InlineData("BF16")]
    public async Task Dense_layers_may_be_stored_in_16_bits(string type)
    {
        using ToyEmbeddingModel model = new(ToyGraph.Tokens);
        model.HalveFirstLayer(type);
        using Gemma4EmbeddingGenerator generator = model.Load();

        Near(model.Embed("half"), (await generator.GenerateAsync(["half"]))[0]);
    }

    [Fact]
    public async Task A_graph_may_give_16_bit_vectors()
    {
        using ToyEmbeddingModel model = new(ToyGraph.SentencesOfHalf);
        using Gemma4EmbeddingGenerator generator = model.Load();

        Near(model.Embed("half"), (await generator.GenerateAsync(["half"]))[0], HalfTolerance);
    }

    [Fact]
    public async Task A_text_that_is_too_long_is_refused_with_its_index_and_length()
    {
        using ToyEmbeddingModel model = new(ToyGraph.Tokens, maxTokens: 10);
        using Gemma4EmbeddingGenerator generator = model.Load();

        ArgumentException refused = await Assert.ThrowsAsync<ArgumentException>(() => generator.GenerateAsync(["12345678", "123456789"]));

        Assert.Contains("index 1 has 11 tokens with its prompt, 1 more than the 10", refused.Message, StringComparison.Ordinal);
        Assert.Contains("Truncate", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_text_is_cut_before_its_closing_token_where_that_is_allowed()
    {
        using ToyEmbeddingModel model = new(ToyGraph.Tokens, maxTokens: 50);
        using Gemma4EmbeddingGenerator generator = model.Load(options => (options.MaxTokens, options.Overflow) = (10, EmbeddingOverflow.Truncate));

        Near(model.Embed("12345678"), (await generator.GenerateAsync(["12345678 and much more"]))[0]);
        Assert.Equal(10, generator.MaxTokens);
    }

    [Fact]
    public async Task A_document_carries_its_title()
    {
        using ToyEmbeddingModel model = new(ToyGraph.Tokens);
        using Gemma4EmbeddingGenerator generator = model.Load(options => options.Purpose = "document");

        Near(model.Embed("title: Ships | text: x"), (await generator.GenerateAsync(["x"], For(null, "Ships")))[0]);
        GeneratedEmbeddings<Embedding<float>> both = await generator.GenerateAsync(["x", "y"], For(null, new string?[] { "Ships", null }));
        Near(model.Embed("title: Ships | text: x"), both[0]);
        Near(model.Embed("title: none | text: y"), both[1]);
        await Assert.ThrowsAsync<ArgumentException>(() => generator.GenerateAsync(["x"], For(null, new string?[] { "a", "b" })));
        await Assert.ThrowsAsync<ArgumentException>(() => generator.GenerateAsync(["x"], For(null, 7)));
        await Assert.ThrowsAsync<NotSupportedException>(() => generator.GenerateAsync(["x"], For("query", "Ships")));
    }

    [Fact]
    public async Task Prompts_of_the_folder_and_of_the_options_join_the_built_in_ones()
    {
        using ToyEmbeddingModel model = new(ToyGraph.Tokens);
        model.Write("config_sentence_transformers.json", """{"prompts":{"STS":"task: sentence similarity | query: ","query":"Q: "}}""");
        using Gemma4EmbeddingGenerator generator = model.Load(options => options.Prompts["legal"] = "law: ");

        Near(model.Embed("task: sentence similarity | query: x"), (await generator.GenerateAsync(["x"], For("sts")))[0]);
        Near(model.Embed("Q: x"), (await generator.GenerateAsync(["x"], For("query")))[0]);
        Near(model.Embed("law: x"), (await generator.GenerateAsync(["x"], For("legal")))[0]);
    }

    [Fact]
    public async Task What_the_model_does_not_do_is_refused_by_name()
    {
        using ToyEmbeddingModel model = new(ToyGraph.Tokens);
        using Gemma4EmbeddingGenerator generator = model.Load();

        await Refused<NotSupportedException>(For("poetry"), "'poetry'");
        await Refused<NotSupportedException>(new EmbeddingGenerationOptions { Dimensions = 13 }, "1 to 12");
        await Refused<NotSupportedException>(new EmbeddingGenerationOptions { ModelId = "other" }, "ModelId");
        await Refused<NotSupportedException>(new EmbeddingGenerationOptions { RawRepresentationFactory = _ => null }, "RawRepresentationFactory");
        await Refused<ArgumentException>(new EmbeddingGenerationOptions { AdditionalProperties = new() { ["purpose"] = 7 } }, "Int32");
        Assert.Contains("index 1", (await Assert.ThrowsAsync<ArgumentException>(() => generator.GenerateAsync(["a", null!]))).Message, StringComparison.Ordinal);

        async Task Refused<T>(EmbeddingGenerationOptions options, string named)
            where T : Exception =>
            Assert.Contains(named, (await Assert.ThrowsAsync<T>(() => generator.GenerateAsync(["x"], options))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_texts_give_no_vectors()
    {
        using ToyEmbeddingModel model = new(ToyGraph.Tokens);
        using Gemma4EmbeddingGenerator generator = model.Load();

        Assert.Empty(await generator.GenerateAsync([]));
        Near(model.Embed(""), (await generator.GenerateAsync([""]))[0]);
    }

    [Fact]
    public async Task Cancellation_stops_before_and_inside_a_run()
    {
        using ToyEmbeddingModel model = new(ToyGraph.Tokens);
        using Gemma4EmbeddingGenerator generator = model.Load();
        using SentenceGraph graph = new(Path.Combine(model.Path, "model.onnx"), new OnnxRuntimeOptions());
        using CancellationTokenSource stop = new();
        stop.Cancel();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => generator.GenerateAsync(["x"], null, stop.Token));
        Assert.ThrowsAny<OperationCanceledException>(() => graph.Run([[1, 2, 3]], 0, stop.Token));
        Near(model.Embed("x"), (await generator.GenerateAsync(["x"]))[0]);
    }

    [Fact]
    public async Task Many_threads_get_their_own_vectors_and_disposal_waits_for_them()
    {
        using ToyEmbeddingModel model = new(ToyGraph.Tokens);
        Gemma4EmbeddingGenerator generator = model.Load();
        double[][] expected = [.. Texts.Select(text => model.Embed(text))];

        Task<int>[] asking = [.. Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            for (int round = 0; ; round++)
            {
                try
                {
                    GeneratedEmbeddings<Embedding<float>> embeddings = await generator.GenerateAsync(Texts);
                    Assert.All(Enumerable.Range(0, Texts.Length), i => Near(expected[i], embeddings[i]));
                }
                catch (ObjectDisposedException)
                {
                    return round;
                }
            }
        }))];
        await generator.GenerateAsync(Texts);
        generator.Dispose();
        await Task.WhenAll(asking);
        generator.Dispose();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => generator.GenerateAsync(["x"]));
    }

    private static EmbeddingGenerationOptions For(string? purpose, object? title = null)
    {
        AdditionalPropertiesDictionary properties = [];
        if (purpose is not null)
        {
            properties["purpose"] = purpose;
        }

        if (title is not null)
        {
            properties["title"] = title;
        }

        return new EmbeddingGenerationOptions { AdditionalProperties = properties };
    }

    internal static void Near(double[] expected, Embedding<float> actual, double tolerance = Tolerance)
    {
        Assert.Equal(expected.Length, actual.Vector.Length);
        Assert.All(expected.Zip(actual.Vector.ToArray()), pair => Assert.Equal(pair.First, pair.Second, tolerance));
    }
}
