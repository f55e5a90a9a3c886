using System.Linq.Expressions;
using Gemma4.Cli.Arguments;
using Gemma4.Embeddings;
using Gemma4.Retrieval;
using Gemma4.Retrieval.Chunking;
using Gemma4.Retrieval.Sqlite;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.VectorData;

namespace Gemma4.Cli.Retrieval;

/// <summary>The file that 'index' fills and 'ask' reads, with the embedding model that both must use.</summary>
internal sealed class DocumentIndex : IDisposable
{
    public static readonly OptionDefinition Option = new("--store", "sqlite:FILE", "Where the index lies. Default: sqlite:gemma4-index.db.");
    public static readonly OptionDefinition TenantOption = new("--tenant", "NAME", "Whose documents they are. Default: nobody's in particular.");

    public static readonly OptionDefinition EmbeddingOption = new(
        "--embedding", "DIR", "Folder of an EmbeddingGemma graph, the same for 'index' and 'ask'. Default: hashed words, without a model.");

    private const string Prefix = "sqlite:";
    private const string DefaultFile = "gemma4-index.db";
    private const string Documents = "documents";
    private const string Settings = "settings";
    private const int HashedDimensions = 512;

    // SQLITE_NOTADB.
    private const int NotADatabase = 26;

    private readonly string _file;
    private readonly SqliteVectorStore _store;
    private readonly EmbeddingMark _mark;

    private DocumentIndex(string file, SqliteVectorStore store, IEmbeddingGenerator<string, Embedding<float>> embeddings, EmbeddingMark mark, string tenant)
    {
        (_file, _store, Embeddings, _mark, Tenant) = (file, store, embeddings, mark, tenant);
        Chunks = store.GetCollection<string, DocumentChunk>(Documents, DocumentChunk.Definition(mark.Dimensions));
    }

    public VectorStoreCollection<string, DocumentChunk> Chunks { get; }

    public IEmbeddingGenerator<string, Embedding<float>> Embeddings { get; }

    public string Tenant { get; }

    /// <exception cref="FileNotFoundException">The index must exist and does not.</exception>
    /// <exception cref="InvalidOperationException">The file is no index, or one of another embedding model.</exception>
    public static async Task<DocumentIndex> OpenAsync(ParsedArguments arguments, bool mustExist, CancellationToken cancellationToken)
    {
        var file = FileOf(arguments);
        if (mustExist && !File.Exists(file))
        {
            throw new FileNotFoundException($"There is no index '{file}'. Make one with 'gemma4 index DIR --store sqlite:{file}'.");
        }

        var folder = arguments.Text(EmbeddingOption.Name) is { } text ? Path.GetFullPath(ModelArgument.Resolve(text)) : "";
        IEmbeddingGenerator<string, Embedding<float>> embeddings = folder.Length == 0
            ? new HashedNgramEmbeddingGenerator(HashedDimensions)
            : new Gemma4EmbeddingGenerator(new Gemma4EmbeddingOptions { ModelPath = folder, Overflow = EmbeddingOverflow.Truncate });
        SqliteVectorStore? store = null;
        try
        {
            store = Open(file);
            var mark = await EmbeddingMark.OfAsync(embeddings, folder, cancellationToken).ConfigureAwait(false);
            DocumentIndex index = new(file, store, embeddings, mark, arguments.Text(TenantOption.Name) ?? "");
            await index.CheckModelAsync(cancellationToken).ConfigureAwait(false);
            return index;
        }
        catch
        {
            store?.Dispose();
            embeddings.Dispose();
            throw;
        }
    }

    /// <summary>Cuts documents into what the embedding model reads at once.</summary>
    public DocumentChunker Chunker()
    {
        ChunkingOptions options = new();
        if (Embeddings is Gemma4EmbeddingGenerator generator)
        {
            // Headings and the model's own prompt stand before a text.
            const int MostBefore = 64;
            options.CountTokens = generator.CountTokens;
            options.MaxTokens = Math.Min(options.MaxTokens, Math.Max(8, generator.MaxTokens - MostBefore));
            options.OverlapTokens = Math.Min(options.OverlapTokens, options.MaxTokens / 2);
        }

        return new DocumentChunker(options);
    }

    /// <summary>Writes down which embedding model the index is of.</summary>
    public async Task RememberModelAsync(CancellationToken cancellationToken)
    {
        using var settings = _store.GetCollection<string, EmbeddingMark>(Settings, EmbeddingMark.Definition);
        await settings.EnsureCollectionExistsAsync(cancellationToken).ConfigureAwait(false);
        await settings.UpsertAsync(_mark, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Says in time that nothing can be found.</summary>
    /// <exception cref="InvalidOperationException">The tenant has no documents.</exception>
    public async Task RequireDocumentsAsync(CancellationToken cancellationToken)
    {
        var tenant = Tenant;
        if (!await HoldsAnyAsync(chunk => chunk.Tenant == tenant, cancellationToken).ConfigureAwait(false))
        {
            throw new InvalidOperationException(
                $"The index '{_file}' holds no documents{(tenant.Length > 0 ? $" of the tenant '{tenant}'" : "")}. Add some with 'gemma4 index DIR'.");
        }
    }

    public void Dispose()
    {
        Chunks.Dispose();
        _store.Dispose();
        Embeddings.Dispose();
    }

    private static string FileOf(ParsedArguments arguments)
    {
        var text = arguments.Text(Option.Name) ?? Prefix + DefaultFile;
        return text.StartsWith(Prefix, StringComparison.Ordinal) && text.Length > Prefix.Length
            ? text[Prefix.Length..]
            : throw new UsageException($"'{Option.Name}' takes sqlite:FILE, not '{text}'.");
    }

    private static SqliteVectorStore Open(string file)
    {
        try
        {
            return new SqliteVectorStore(file);
        }
        catch (SqliteException problem)
        {
            throw new InvalidOperationException(
                problem.SqliteErrorCode == NotADatabase
                    ? $"'{file}' is no index but some other file. Name another with '{Option.Name} sqlite:FILE'."
                    : $"The index '{file}' cannot be opened: {problem.Message} Its folder must exist, and the file must be writable.",
                problem);
        }
    }

    private async Task CheckModelAsync(CancellationToken cancellationToken)
    {
        if (!await HoldsAnyAsync(chunk => chunk.Ordinal >= 0, cancellationToken).ConfigureAwait(false))
        {
            return; // What nothing was embedded with binds nobody.
        }

        using var settings = _store.GetCollection<string, EmbeddingMark>(Settings, EmbeddingMark.Definition);
        var mark = await _store.CollectionExistsAsync(Settings, cancellationToken).ConfigureAwait(false)
            ? await settings.GetAsync(EmbeddingMark.OnlyKey, cancellationToken: cancellationToken).ConfigureAwait(false)
            : null;
        if (mark?.IsSameModel(_mark) ?? _mark.Folder.Length == 0)
        {
            return; // An index of an earlier version has no mark and is of the built-in generator.
        }

        var wayOut = mark is not { Folder.Length: > 0 } ? $"Leave {EmbeddingOption.Name} out"
            : $"Use that with {EmbeddingOption.Name} '{mark.Folder}'";
        throw new InvalidOperationException(
            $"The index '{_file}' was made with {(mark is null ? "the built-in generator" : mark.ToString())}, not with {_mark}. {wayOut}, or make a new index with '{Option.Name} sqlite:FILE'.");
    }

    private async Task<bool> HoldsAnyAsync(Expression<Func<DocumentChunk, bool>> filter, CancellationToken cancellationToken) =>
        await _store.CollectionExistsAsync(Documents, cancellationToken).ConfigureAwait(false)
        && await Chunks.GetAsync(filter, 1, cancellationToken: cancellationToken).AnyAsync(cancellationToken).ConfigureAwait(false);
}
