using Gemma4.Retrieval;
using Gemma4.Retrieval.Search;
using Gemma4.Retrieval.Stores;
using Gemma4.Testing;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.VectorData;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.Data;
using Xunit;

namespace Gemma4.SemanticKernel.Tests;

#pragma warning disable CS0618 // The plugin factories take the older interface.
public sealed class DocumentTextSearchTests : IAsyncLifetime, IDisposable
{
    private const int Dimensions = 128;

    private readonly HashedNgramEmbeddingGenerator _embeddings = new(Dimensions);
    private readonly InMemoryVectorStore _store = new();
    private readonly VectorStoreCollection<string, DocumentChunk> _collection;
    private readonly DocumentSearch _search;

    public DocumentTextSearchTests()
    {
        _collection = _store.GetCollection<string, DocumentChunk>("d", DocumentChunk.Definition(Dimensions));
        _search = new DocumentSearch(_collection, _embeddings, new DocumentSearchOptions { Top = 1, Candidates = 1 });
    }

    public async Task InitializeAsync()
    {
        await _collection.EnsureCollectionExistsAsync();
        await AddAsync("red", "a.pdf", "Manual", 3, "The pump is cleaned every week.");
        await AddAsync("red", "b.md", null, null, "The pump is replaced every year.");
        await AddAsync("red", "c.md", null, null, "The pump is painted blue.");
        await AddAsync("blue", "secret.md", null, null, "The pump of the other tenant is secret.");
    }

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose()
    {
        _collection.Dispose();
        _store.Dispose();
        _embeddings.Dispose();
    }

    [Fact]
    public async Task Title_page_and_link_come_with_the_text()
    {
        DocumentTextSearch search = new(_search, "red");

        List<TextSearchResult> found = await (await search.GetTextSearchResultsAsync("pump cleaned every week", new TextSearchOptions<DocumentChunk> { Top = 2 })).Results.ToListAsync();

        Assert.Equal(("Manual, page 3", "a.pdf#page=3", "The pump is cleaned every week."), (found[0].Name, found[0].Link, found[0].Value));
        Assert.Equal(found[1].Name, found[1].Link);
    }

    [Fact]
    public async Task The_number_asked_for_wins_and_skipping_pages_on()
    {
        DocumentTextSearch search = new(_search, "red");

        List<string> all = await (await search.SearchAsync("the pump")).Results.ToListAsync();
        List<string> rest = await (await search.SearchAsync("the pump", new TextSearchOptions<DocumentChunk> { Top = 5, Skip = 1 })).Results.ToListAsync();

        Assert.Equal(3, all.Count);
        Assert.Equal(all.Skip(1), rest);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => search.SearchAsync("the pump", new TextSearchOptions<DocumentChunk> { Top = 0 }));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => search.SearchAsync("the pump", new TextSearchOptions<DocumentChunk> { Skip = -1 }));
    }

    [Fact]
    public async Task No_filter_reaches_another_tenant()
    {
        DocumentTextSearch search = new(_search, "red");
        TextSearchOptions<DocumentChunk> everything = new() { Top = 50, Filter = chunk => chunk.Tenant == "blue" || chunk.Tenant == "red" };
        TextSearchOptions other = new() { Filter = new TextSearchFilter().Equality(nameof(DocumentChunk.Tenant), "blue") };

        List<DocumentChunk> found = await (await search.GetSearchResultsAsync("secret pump", everything)).Results.ToListAsync();
        Assert.NotEmpty(found);
        Assert.All(found, chunk => Assert.Equal("red", chunk.Tenant));
        Assert.Empty(await (await ((ITextSearch)search).GetSearchResultsAsync("secret pump", other)).Results.ToListAsync());
    }

    [Fact]
    public async Task The_older_filter_is_translated_or_refused()
    {
        ITextSearch search = new DocumentTextSearch(_search, "red");
        Task<KernelSearchResults<object>> Find(string field, object? value) =>
            search.GetSearchResultsAsync("pump", new TextSearchOptions { Filter = new TextSearchFilter().Equality(field, value!) });

        DocumentChunk paged = Assert.IsType<DocumentChunk>(Assert.Single(await (await Find(nameof(DocumentChunk.Page), 3)).Results.ToListAsync()));
        Assert.Equal("a.pdf", paged.DocumentId);
        Assert.Contains("'Colour'", (await Assert.ThrowsAsync<ArgumentException>(() => Find("Colour", "blue"))).Message, StringComparison.Ordinal);
        Assert.Contains("'Page'", (await Assert.ThrowsAsync<ArgumentException>(() => Find(nameof(DocumentChunk.Page), "3"))).Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ArgumentException>(() => Find(nameof(DocumentChunk.Embedding), null));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_model_calls_it_as_a_plugin(bool streaming)
    {
        KernelPlugin plugin = new DocumentTextSearch(_search, "red").CreateWithGetTextSearchResults("Documents");
        Dictionary<string, object?> arguments = new() { ["query"] = "pump cleaned every week", ["count"] = 1 };
        using ScriptedChatClient client = new ScriptedChatClient()
            .Enqueue(new Microsoft.Extensions.AI.FunctionCallContent("c1", "Documents-GetTextSearchResults", arguments)).Enqueue("Every week.");
        Kernel kernel = Kernel.CreateBuilder().AddGemma4(client).Build();
        kernel.Plugins.Add(plugin);

        SmallKernel.Answer answer = await kernel.AskAsync(streaming, new PromptExecutionSettings { FunctionChoiceBehavior = FunctionChoiceBehavior.Auto() });

        Assert.Equal("Every week.", answer.Text);
        Assert.Contains("a.pdf#page=3", answer.History[3].Content, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", answer.History[3].Content, StringComparison.Ordinal);
    }

    private async Task AddAsync(string tenant, string document, string? title, int? page, string text) => await _collection.UpsertAsync(new DocumentChunk
    {
        Key = $"{tenant}/{document}",
        Tenant = tenant,
        DocumentId = document,
        Title = title,
        Page = page,
        Text = text,
        Embedding = await _embeddings.GenerateVectorAsync(text),
    });
}
#pragma warning restore CS0618
