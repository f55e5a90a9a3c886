using Gemma4.Retrieval.Chunking;
using Gemma4.Retrieval.Ingestion;
using Gemma4.Retrieval.Search;
using Gemma4.Retrieval.Stores;
using Gemma4.Testing;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.VectorData;
using Xunit;

namespace Gemma4.Retrieval.Tests;

public class FusionTests
{
    // The vector says "near", the words say "word": which one leads is up to the weight.
    [Theory]
    [InlineData(FusionKind.MinMax, 1.0, "near", 1.0)]
    [InlineData(FusionKind.MinMax, 0.9, "near", 0.9)]
    [InlineData(FusionKind.MinMax, 0.1, "word", 0.9)]
    [InlineData(FusionKind.MinMax, 0.0, "word", 1.0)]
    [InlineData(FusionKind.Reciprocal, 0.0, "word", (1 / 61.0) + (1 / 63.0))]
    public async Task The_weight_of_min_max_decides_and_rank_fusion_has_none(FusionKind fusion, double weight, string first, double score)
    {
        using InMemoryVectorStore store = new();
        VectorStoreCollection<string, DocumentChunk> collection = store.GetCollection<string, DocumentChunk>("d", DocumentChunk.Definition(2));
        await collection.EnsureCollectionExistsAsync();
        await collection.UpsertAsync(
        [
            new DocumentChunk { Key = "near", Text = "nothing", Embedding = new float[] { 1, 0 } },
            new DocumentChunk { Key = "word", Text = "volcano volcano", Embedding = new float[] { -1, 0 } },
            new DocumentChunk { Key = "both", Text = "a volcano and some more words that make it long", Embedding = new float[] { 0.2f, 1 } },
        ]);
        DocumentSearch search = new(collection, new OneVector([1, 0]), new DocumentSearchOptions { Fusion = fusion, DenseWeight = weight });

        IReadOnlyList<Passage> found = await search.SearchAsync("volcano");

        Assert.Equal(first, found[0].Chunk.Key);
        Assert.Equal(score, found[0].Score, 1e-6);
        Assert.Equal(3, found.Count);
    }

    [Theory]
    [InlineData(0, new[] { 5 })]
    [InlineData(1, new[] { 5, 4, 6 })]
    [InlineData(2, new[] { 5, 3, 4, 6, 7 })]
    public async Task Neighbours_of_a_found_chunk_come_with_it(int neighbours, int[] expected)
    {
        using HashedNgramEmbeddingGenerator embeddings = new();
        using InMemoryVectorStore store = new();
        VectorStoreCollection<string, DocumentChunk> collection = store.GetCollection<string, DocumentChunk>("d", DocumentChunk.Definition(512));
        string text = string.Join("\n\n", Enumerable.Range(0, 10).Select(i => $"# Part {i}\n\n{(i == 5 ? "the volcano erupts" : $"other matter {i}, alpha{i} beta{i} gamma{i}")}"));
        await new DocumentIndexer(collection, embeddings, new DocumentChunker(new ChunkingOptions { OverlapTokens = 0 })).IndexAsync(IngestionTests.Documents(("d.md", text), ("e.md", "another document")));
        using ScriptedChatClient model = new ScriptedChatClient().Enqueue("ok");
        DocumentSearch search = new(collection, embeddings, new DocumentSearchOptions { Top = 1 });
        using IChatClient client = model.AsBuilder().UseRetrieval(search, o => o.Neighbours = neighbours).Build();

        await client.GetResponseAsync("when does the volcano erupt?");

        string[] sources = [.. model.Calls[0].Messages[^1].Text.Split('\n').Where(line => line.StartsWith('['))];
        Assert.Equal(expected.Select((part, index) => $"[{index + 1}] Part {part} "), sources.Select(line => line[.."[1] Part 5 ".Length]));
    }

    private sealed class OneVector(float[] vector) : IEmbeddingGenerator<string, Embedding<float>>
    {
        public Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default) =>
            Task.FromResult(new GeneratedEmbeddings<Embedding<float>>(values.Select(_ => new Embedding<float>(vector))));

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }
}
