using Gemma4.Retrieval.Search;
using Gemma4.Retrieval.Sqlite;
using Gemma4.Retrieval.Stores;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.VectorData;
using Xunit;

namespace Gemma4.Retrieval.Tests;

public sealed class StoreLimitsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("gemma4-limits").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task All_results_may_be_asked_for(bool sqlite)
    {
        using VectorStore store = sqlite ? new SqliteVectorStore(Path.Combine(_folder, "x.db")) : new InMemoryVectorStore();
        using VectorStoreCollection<string, DocumentChunk> collection = store.GetCollection<string, DocumentChunk>("d", DocumentChunk.Definition(2));
        await collection.EnsureCollectionExistsAsync();
        await collection.UpsertAsync(Enumerable.Range(0, 600).Select(i => new DocumentChunk { Key = $"{i}", Text = $"word {i}", Embedding = new float[] { i, 1 } }));
        ReadOnlyMemory<float> query = new float[] { 1, 0 };

        List<VectorSearchResult<DocumentChunk>> near = await collection.SearchAsync(query, int.MaxValue, new VectorSearchOptions<DocumentChunk> { Skip = 1 }).ToListAsync();
        int both = await ((IKeywordHybridSearchable<DocumentChunk>)collection).HybridSearchAsync(query, ["word"], int.MaxValue, new HybridSearchOptions<DocumentChunk> { Skip = 1 }).CountAsync();
        int words = await ((IKeywordSearchable<DocumentChunk>)collection).KeywordSearchAsync("word", int.MaxValue, new HybridSearchOptions<DocumentChunk> { Skip = 1 }).CountAsync();

        Assert.Equal((599, 599, 599), (near.Count, both, words));
        Assert.Equal("0", near[^1].Record.Key);
    }

    [Fact]
    public void The_store_of_the_application_stays()
    {
        using InMemoryVectorStore own = new();
        ServiceCollection services = new();
        services.AddSingleton<VectorStore>(own);
        services.AddGemma4Retrieval();
        using ServiceProvider provider = services.BuildServiceProvider();

        Assert.Same(own, provider.GetRequiredService<VectorStore>());
    }

    [Fact]
    public void AddSqliteStore_replaces_the_store()
    {
        ServiceCollection services = new();
        services.AddGemma4Retrieval().AddSqliteStore(Path.Combine(_folder, "c.db"));
        using ServiceProvider provider = services.BuildServiceProvider();

        Assert.IsType<SqliteVectorStore>(provider.GetRequiredService<VectorStore>());
    }

    [Theory]
    [InlineData(1.5, 1, "DenseWeight")]
    [InlineData(0.5, -0.1, "Diversity")]
    public void Weights_outside_their_range_are_refused(double weight, double diversity, string named)
    {
        ServiceCollection services = new();
        services.AddGemma4Retrieval(o => (o.Search.DenseWeight, o.Search.Diversity) = (weight, diversity));
        using ServiceProvider provider = services.BuildServiceProvider();

        OptionsValidationException refused = Assert.Throws<OptionsValidationException>(() => provider.GetRequiredService<IOptions<Gemma4RetrievalOptions>>().Value);
        Assert.Contains(named, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stemmer_may_make_words_longer()
    {
        using HashedNgramEmbeddingGenerator generator = new(analyzer: new TextAnalyzer([], stem: word => string.Concat(Enumerable.Repeat(word, 200))));

        Embedding<float> embedding = (await generator.GenerateAsync(["long"]))[0];

        Assert.Contains(embedding.Vector.ToArray(), value => value != 0);
    }
}
