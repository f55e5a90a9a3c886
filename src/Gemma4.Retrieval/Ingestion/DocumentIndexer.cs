using System.Globalization;
using Gemma4.Retrieval.Chunking;
using Gemma4.Retrieval.Stores;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.VectorData;

namespace Gemma4.Retrieval.Ingestion;

/// <summary>
/// Puts documents into a collection. A chunk whose content is in the store already is not embedded again, so an ingestion that
/// was stopped goes on where it was, and a second run over unchanged documents embeds nothing.
/// </summary>
public sealed class DocumentIndexer
{
    private const int KeyHashLength = 24; // 96 bits: no two chunks of one document will meet

    private readonly VectorStoreCollection<string, DocumentChunk> _collection;
    private readonly IEmbeddingGenerator<string, Embedding<float>> _embeddings;
    private readonly DocumentChunker _chunker;
    private readonly IngestionOptions _options;

    /// <summary>Makes an indexer.</summary>
    /// <param name="collection">Of any store, with <see cref="DocumentChunk.Definition"/>.</param>
    /// <param name="embeddings">Embeds chunks; the same generator must embed the queries.</param>
    /// <param name="chunker">Cuts documents; the default one when null.</param>
    /// <param name="options">The defaults when null.</param>
    public DocumentIndexer(
        VectorStoreCollection<string, DocumentChunk> collection,
        IEmbeddingGenerator<string, Embedding<float>> embeddings,
        DocumentChunker? chunker = null,
        IngestionOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(collection);
        ArgumentNullException.ThrowIfNull(embeddings);
        _collection = collection;
        _embeddings = embeddings;
        _chunker = chunker ?? new DocumentChunker();
        _options = options ?? new IngestionOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(_options.BatchSize, 1, nameof(options));
    }

    /// <summary>Reads documents one by one and brings the store up to date with each.</summary>
    /// <param name="documents">The documents; ids are unique in the tenant.</param>
    /// <param name="tenant">Whose documents they are.</param>
    /// <param name="progress">Told after each document.</param>
    /// <param name="cancellationToken">Stops; documents that were told of stay complete.</param>
    public async Task<IngestionProgress> IndexAsync(
        IAsyncEnumerable<SourceDocument> documents, string tenant = "", IProgress<IngestionProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(documents);
        ArgumentNullException.ThrowIfNull(tenant);
        await _collection.EnsureCollectionExistsAsync(cancellationToken).ConfigureAwait(false);
        IngestionProgress total = new(0, 0, 0, 0, 0, null);
        await foreach (SourceDocument document in documents.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            total = await IndexAsync(document, tenant, total, cancellationToken).ConfigureAwait(false);
            progress?.Report(total);
        }

        return total;
    }

    /// <summary>Takes a document and all its chunks out of the store.</summary>
    public async Task RemoveAsync(string documentId, string tenant = "", CancellationToken cancellationToken = default)
    {
        List<DocumentChunk> chunks = await StoredAsync(documentId, tenant, cancellationToken).ConfigureAwait(false);
        await _collection.DeleteAsync(chunks.Select(chunk => chunk.Key), cancellationToken).ConfigureAwait(false);
    }

    private async Task<IngestionProgress> IndexAsync(SourceDocument document, string tenant, IngestionProgress total, CancellationToken cancellationToken)
    {
        List<DocumentChunk> stored = await StoredAsync(document.Id, tenant, cancellationToken).ConfigureAwait(false);
        Dictionary<string, DocumentChunk> known = [];
        foreach (DocumentChunk chunk in stored)
        {
            known[chunk.ContentHash] = chunk;
        }

        List<DocumentChunk> accepted = [];
        int rejected = 0;
        HashSet<string> keys = new(StringComparer.Ordinal);
        foreach (DocumentChunk chunk in _chunker.Chunk(document))
        {
            if (!known.ContainsKey(chunk.ContentHash) && _options.Accept?.Invoke(chunk) == false)
            {
                rejected++;
                continue;
            }

            // The tenant's length: 'a|b' and 'c' must not meet 'a' and 'b|c'.
            string key = string.Create(CultureInfo.InvariantCulture, $"{tenant.Length}|{tenant}|{document.Id}|{chunk.ContentHash[..KeyHashLength]}");
            chunk.Key = keys.Add(key) ? key : $"{key}.{chunk.Ordinal}"; // a text that the document repeats
            keys.Add(chunk.Key);
            chunk.Tenant = tenant;
            chunk.Embedding = known.TryGetValue(chunk.ContentHash, out DocumentChunk? before) ? before.Embedding : default;
            accepted.Add(chunk);
        }

        // Of similar length, since a batch is padded to its longest text.
        DocumentChunk[] unknown = [.. accepted.Where(chunk => chunk.Embedding.IsEmpty).OrderBy(chunk => chunk.Tokens)];
        foreach (DocumentChunk[] batch in unknown.Chunk(_options.BatchSize))
        {
            var embeddings = await _embeddings.GenerateAsync(batch.Select(EmbeddedText), EmbeddingPurpose.Document, cancellationToken).ConfigureAwait(false);
            for (int i = 0; i < batch.Length; i++)
            {
                batch[i].Embedding = embeddings[i].Vector;
            }

            // At once, so that what was paid for is not lost when the process ends here.
            await _collection.UpsertAsync(batch, cancellationToken).ConfigureAwait(false);
        }

        DocumentChunk[] moved = [.. accepted.Except(unknown).Where(chunk => !stored.Any(old => old.Key == chunk.Key && old.Ordinal == chunk.Ordinal && old.Offset == chunk.Offset && old.Page == chunk.Page && old.Title == chunk.Title))];
        if (moved.Length > 0)
        {
            await _collection.UpsertAsync(moved, cancellationToken).ConfigureAwait(false);
        }

        string[] stale = [.. stored.Select(chunk => chunk.Key).Where(key => !keys.Contains(key))];
        if (stale.Length > 0)
        {
            await _collection.DeleteAsync(stale, cancellationToken).ConfigureAwait(false);
        }

        return new IngestionProgress(
            total.Documents + 1, total.Chunks + accepted.Count, total.Embedded + unknown.Length, total.Rejected + rejected, total.Removed + stale.Length, document.Id);
    }

    // The headings say what a passage is about when its own words do not.
    private static string EmbeddedText(DocumentChunk chunk) => chunk.Heading is null ? chunk.Text : $"{chunk.Heading}\n{chunk.Text}";

    private async Task<List<DocumentChunk>> StoredAsync(string documentId, string tenant, CancellationToken cancellationToken)
    {
        // A document has at most as many chunks as characters; stores want a number.
        const int Most = 100_000;
        FilteredRecordRetrievalOptions<DocumentChunk> withVectors = new() { IncludeVectors = true };
        return await _collection.GetAsync(chunk => chunk.Tenant == tenant && chunk.DocumentId == documentId, Most, withVectors, cancellationToken)
            .ToListAsync(cancellationToken).ConfigureAwait(false);
    }
}
