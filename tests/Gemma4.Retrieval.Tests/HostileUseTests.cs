using System.Globalization;
using Gemma4.Retrieval.Ingestion;
using Gemma4.Retrieval.Search;
using Gemma4.Retrieval.Sqlite;
using Gemma4.Retrieval.Stores;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.VectorData;
using Xunit;

namespace Gemma4.Retrieval.Tests;

public sealed class HostileUseTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("gemma4-hostile").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Writers_deleters_and_readers_do_not_disturb_each_other(bool sqlite)
    {
        using VectorStore store = Store(sqlite);
        VectorStoreCollection<string, DocumentChunk> collection = store.GetCollection<string, DocumentChunk>("d", DocumentChunk.Definition(2));
        await collection.EnsureCollectionExistsAsync();
        const int Keys = 40;
        const int Rounds = 60;
        ReadOnlyMemory<float> query = new float[] { 1, 0 };

        Task Writer(int number) => Task.Run(async () =>
        {
            for (int round = 0; round < Rounds; round++)
            {
                int key = (number * 7 + round) % Keys;
                // The text tells the vector, so that a reader sees whether they belong together.
                await collection.UpsertAsync(new DocumentChunk { Key = $"{key}", Tenant = "t", Text = $"angle{round % 8}", Embedding = Angle(round % 8) });
                if (round % 3 == 0)
                {
                    await collection.DeleteAsync($"{(key + 1) % Keys}");
                }
            }
        });
        Task Reader() => Task.Run(async () =>
        {
            for (int round = 0; round < Rounds; round++)
            {
                await foreach (VectorSearchResult<DocumentChunk> hit in collection.SearchAsync(query, Keys, new VectorSearchOptions<DocumentChunk> { Filter = c => c.Tenant == "t", IncludeVectors = true }))
                {
                    float[] own = Angle(int.Parse(hit.Record.Text.AsSpan("angle".Length), CultureInfo.InvariantCulture)).ToArray();
                    Assert.Equal(own, hit.Record.Embedding.ToArray());
                    Assert.Equal(own[0], hit.Score!.Value, 1e-5);
                }

                await foreach (VectorSearchResult<DocumentChunk> hit in ((IKeywordSearchable<DocumentChunk>)collection).KeywordSearchAsync("angle3", Keys))
                {
                    Assert.Equal("angle3", hit.Record.Text);
                }
            }
        });

        await Task.WhenAll(Writer(1), Writer(2), Writer(3), Reader(), Reader());
        await collection.DeleteAsync(Enumerable.Range(0, Keys).Select(key => $"{key}"));

        Assert.Empty(await collection.SearchAsync(query, Keys).ToListAsync());
        Assert.Empty(await ((IKeywordSearchable<DocumentChunk>)collection).KeywordSearchAsync("angle0 angle1 angle2 angle3 angle4 angle5 angle6 angle7", Keys).ToListAsync());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Two_deleters_of_the_same_keys_leave_nothing_behind(bool sqlite)
    {
        using VectorStore store = Store(sqlite);
        VectorStoreCollection<string, DocumentChunk> collection = store.GetCollection<string, DocumentChunk>("d", DocumentChunk.Definition(2));
        await collection.EnsureCollectionExistsAsync();
        await collection.UpsertAsync(Enumerable.Range(0, 200).Select(i => new DocumentChunk { Key = $"{i}", Text = "word", Embedding = Angle(i) }));

        await Task.WhenAll(Enumerable.Range(0, 4).Select(part => Task.Run(() => collection.DeleteAsync(Enumerable.Range(part * 30, 110).Select(i => $"{i}")))));

        Assert.Empty(await collection.GetAsync(chunk => true, 1000).ToListAsync());
        Assert.Empty(await ((IKeywordSearchable<DocumentChunk>)collection).KeywordSearchAsync("word", 1000).ToListAsync());
    }

    [Theory]
    [InlineData(false, SearchMode.Dense)]
    [InlineData(false, SearchMode.Keyword)]
    [InlineData(false, SearchMode.Hybrid)]
    [InlineData(true, SearchMode.Dense)]
    [InlineData(true, SearchMode.Keyword)]
    [InlineData(true, SearchMode.Hybrid)]
    public async Task An_empty_store_finds_nothing(bool sqlite, SearchMode mode)
    {
        using VectorStore store = Store(sqlite);
        using HashedNgramEmbeddingGenerator embeddings = new(128);
        VectorStoreCollection<string, DocumentChunk> collection = store.GetCollection<string, DocumentChunk>("d", DocumentChunk.Definition(128));
        DocumentSearch search = new(collection, embeddings, new DocumentSearchOptions { Mode = mode });
        await Assert.ThrowsAsync<VectorStoreException>(() => search.SearchAsync("word"));
        await collection.EnsureCollectionExistsAsync();

        Assert.Empty(await search.SearchAsync("word"));
        await new DocumentIndexer(collection, embeddings).IndexAsync(IngestionTests.Documents(("a.md", "a word")));
        Assert.Single(await search.SearchAsync("word"));
        await new DocumentIndexer(collection, embeddings).RemoveAsync("a.md");
        Assert.Empty(await search.SearchAsync("word"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Vectors_that_are_none_are_refused_by_name(bool sqlite)
    {
        using VectorStore store = Store(sqlite);
        VectorStoreCollection<string, DocumentChunk> collection = store.GetCollection<string, DocumentChunk>("d", DocumentChunk.Definition(2));
        await collection.EnsureCollectionExistsAsync();

        foreach ((float[] vector, string named) in new (float[], string)[] { ([1, 2, 3], "has 3"), ([float.NaN, 1], "NaN"), ([1, float.NegativeInfinity], "finite") })
        {
            ArgumentException stored = await Assert.ThrowsAsync<ArgumentException>(() => collection.UpsertAsync([new DocumentChunk { Key = "good", Embedding = Angle(1) }, new DocumentChunk { Key = "bad one", Embedding = vector }]));
            Assert.Contains(named, stored.Message, StringComparison.Ordinal);
            Assert.Contains("'bad one'", stored.Message, StringComparison.Ordinal);
            ArgumentException asked = await Assert.ThrowsAsync<ArgumentException>(async () => await collection.SearchAsync((ReadOnlyMemory<float>)vector, 1).ToListAsync());
            Assert.Contains("the query's vector", asked.Message, StringComparison.Ordinal);
        }

        // All or nothing: the good record of a refused call is not there either.
        Assert.Null(await collection.GetAsync("good"));
    }

    [Fact]
    public async Task An_ingestion_cancelled_inside_a_document_pays_for_no_chunk_twice()
    {
        using InMemoryVectorStore store = new();
        using CancellationTokenSource stop = new();
        using CountingEmbeddings counted = new();
        using StoppingEmbeddings embeddings = new(counted, stop, after: 2);
        VectorStoreCollection<string, DocumentChunk> collection = store.GetCollection<string, DocumentChunk>("d", DocumentChunk.Definition(128));
        DocumentIndexer indexer = new(collection, embeddings, options: new IngestionOptions { BatchSize = 3 });
        string text = string.Join("\n\n", Enumerable.Range(0, 12).Select(i => $"# Part {i}\n\nWhat part {i} says."));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => indexer.IndexAsync(IngestionTests.Documents(("long.md", text)), cancellationToken: stop.Token));
        Assert.Equal(6, await collection.GetAsync(chunk => true, 100).CountAsync());
        IngestionProgress rest = await indexer.IndexAsync(IngestionTests.Documents(("long.md", text)));

        Assert.Equal((12, 6, 12), (rest.Chunks, rest.Embedded, counted.Texts));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_same_document_of_two_tenants_is_two_documents(bool sqlite)
    {
        using VectorStore store = Store(sqlite);
        using HashedNgramEmbeddingGenerator embeddings = new(128);
        VectorStoreCollection<string, DocumentChunk> collection = store.GetCollection<string, DocumentChunk>("d", DocumentChunk.Definition(128));
        DocumentIndexer indexer = new(collection, embeddings);
        // The last two would have one key if tenant and document were only joined.
        (string Tenant, string Document)[] owners = [("red", "a.md"), ("blue", "a.md"), ("x|y", "z"), ("x", "y|z")];
        foreach ((string tenant, string document) in owners)
        {
            await indexer.IndexAsync(IngestionTests.Documents((document, "the same words")), tenant);
        }

        DocumentSearch search = new(collection, embeddings);
        foreach ((string tenant, string document) in owners)
        {
            Assert.Equal((tenant, document), Assert.Single((await search.SearchAsync("same words", tenant)).Select(passage => (passage.Chunk.Tenant, passage.Chunk.DocumentId))));
        }

        await indexer.RemoveAsync("a.md", "red");
        Assert.Empty(await search.SearchAsync("same words", "red"));
        Assert.Single(await search.SearchAsync("same words", "blue"));
    }

    [Fact]
    public async Task A_save_during_writing_is_a_state_that_was()
    {
        string path = Path.Combine(_folder, "s.bin");
        using InMemoryVectorStore store = new();
        VectorStoreCollection<string, DocumentChunk> collection = store.GetCollection<string, DocumentChunk>("d", DocumentChunk.Definition(2));
        await collection.EnsureCollectionExistsAsync();
        Task writing = Task.Run(async () =>
        {
            for (int i = 0; i < 300; i++)
            {
                await collection.UpsertAsync([new DocumentChunk { Key = $"a{i}", Text = "pair", Embedding = Angle(i) }, new DocumentChunk { Key = $"b{i}", Text = "pair", Embedding = Angle(i) }]);
            }
        });
        for (int i = 0; i < 5; i++)
        {
            await store.SaveAsync(path);
            using InMemoryVectorStore loaded = await InMemoryVectorStore.LoadAsync(path);
            List<DocumentChunk> chunks = await loaded.GetCollection<string, DocumentChunk>("d", DocumentChunk.Definition(2)).GetAsync(chunk => true, 1000).ToListAsync();
            Assert.Equal(0, chunks.Count % 2);
        }

        await writing;
    }

    private static ReadOnlyMemory<float> Angle(int number) => new[] { MathF.Cos(number), MathF.Sin(number) };

    private VectorStore Store(bool sqlite) => sqlite ? new SqliteVectorStore(Path.Combine(_folder, "x.db")) : new InMemoryVectorStore();

    private sealed class StoppingEmbeddings(IEmbeddingGenerator<string, Embedding<float>> inner, CancellationTokenSource stop, int after) : DelegatingEmbeddingGenerator<string, Embedding<float>>(inner)
    {
        private int _calls;

        public override Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
        {
            if (_calls++ == after)
            {
                stop.Cancel();
            }

            cancellationToken.ThrowIfCancellationRequested();
            return base.GenerateAsync(values, options, cancellationToken);
        }
    }
}
