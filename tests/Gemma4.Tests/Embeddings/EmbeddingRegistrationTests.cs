using Gemma4.Embeddings;
using Gemma4.Retrieval.Ingestion;
using Gemma4.Retrieval.Search;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Xunit;

namespace Gemma4.Tests.Embeddings;

public sealed class EmbeddingRegistrationTests : IDisposable
{
    private readonly ToyEmbeddingModel _model = new(ToyGraph.Tokens);

    public void Dispose() => _model.Dispose();

    [Fact]
    public async Task The_container_gives_the_generator_with_the_stages_chained_to_it()
    {
        ServiceCollection services = new();
        services.AddLogging();
        services.AddGemma4EmbeddingGenerator(options => options.ModelPath = _model.Path).UseLogging();
        services.AddKeyedGemma4EmbeddingGenerator("short", options => (options.ModelPath, options.Dimensions, options.ModelId) = (_model.Path, 4, "toy"));
        await using ServiceProvider provider = services.BuildServiceProvider();
        IEmbeddingGenerator<string, Embedding<float>> generator = provider.GetRequiredService<IEmbeddingGenerator<string, Embedding<float>>>();

        EmbeddingGeneratorTests.Near(_model.Embed("x"), (await generator.GenerateAsync(["x"]))[0]);
        Assert.NotNull(generator.GetService<LoggingEmbeddingGenerator<string, Embedding<float>>>());
        Assert.Same(provider.GetRequiredService<Gemma4EmbeddingGenerator>(), generator.GetService<Gemma4EmbeddingGenerator>());
        EmbeddingGeneratorMetadata metadata = provider.GetRequiredKeyedService<IEmbeddingGenerator<string, Embedding<float>>>("short").GetService<EmbeddingGeneratorMetadata>()!;
        Assert.Equal(("gemma4", "toy", 4), (metadata.ProviderName, metadata.DefaultModelId, metadata.DefaultModelDimensions));
    }

    [Fact]
    public async Task A_key_that_is_no_option_stops_the_host_at_start_and_is_named()
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddGemma4EmbeddingGenerator(new ConfigurationBuilder()
            .AddInMemoryCollection(new Dictionary<string, string?> { ["ModelPath"] = _model.Path, ["Dimension"] = "256" }).Build());
        using IHost host = builder.Build();

        InvalidOperationException error = await Assert.ThrowsAsync<InvalidOperationException>(() => host.StartAsync());

        Assert.Contains("'Dimension'", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ModelPath", "")]
    [InlineData("Dimensions", "0")]
    [InlineData("MaxTokens", "2")]
    [InlineData("MaxBatchTokens", "0")]
    [InlineData("Overflow", "7")]
    [InlineData("OnnxRuntime:MaxContextTokens", "5")]
    [InlineData("OnnxRuntime:IntraOpThreads", "0")]
    public async Task A_bad_option_stops_the_host_at_start_and_is_named(string key, string value)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { ["ModelPath"] = _model.Path, [key] = value });
        builder.Services.AddGemma4EmbeddingGenerator(builder.Configuration);
        using IHost host = builder.Build();

        OptionsValidationException error = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync());

        Assert.Contains("Gemma4EmbeddingOptions." + key.Split(':')[0], error.Message, StringComparison.Ordinal);
        Assert.Contains(key.Split(':')[^1], error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_generator_made_by_hand_checks_its_options_too() =>
        Assert.Throws<OptionsValidationException>(() => new Gemma4EmbeddingGenerator(new Gemma4EmbeddingOptions()));

    [Fact]
    public async Task Retrieval_embeds_documents_and_queries_with_their_own_prompts()
    {
        using Gemma4EmbeddingGenerator generator = _model.Load();
        ServiceCollection services = new();
        services.AddGemma4Retrieval(options => options.Search.Mode = SearchMode.Dense).AddInMemoryStore().AddEmbeddings(generator);
        await using ServiceProvider provider = services.BuildServiceProvider();
        await provider.GetRequiredService<DocumentIndexer>().IndexAsync(new[] { MarkdownReader.Read("the crane was built in 1887", "crane.md") }.ToAsyncEnumerable());

        Passage passage = Assert.Single(await provider.GetRequiredService<DocumentSearch>().SearchAsync("when was it built"));

        double[] query = _model.Embed("task: search result | query: when was it built");
        double[] document = _model.Embed("title: none | text: the crane was built in 1887");
        Assert.Equal(query.Zip(document, (a, b) => a * b).Sum(), passage.Score, 1e-5);
    }
}
