using System.Linq.Expressions;
using Gemma4.Retrieval.Stores;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.VectorData;

namespace Gemma4.Retrieval.Search;

/// <summary>
/// Finds passages in a collection of any store. The tenant is part of every query that the store runs, so that other tenants'
/// chunks never leave it.
/// </summary>
public sealed class DocumentSearch
{
    private readonly VectorStoreCollection<string, DocumentChunk> _collection;
    private readonly IEmbeddingGenerator<string, Embedding<float>> _embeddings;
    private readonly DocumentSearchOptions _options;

    /// <summary>Makes a search.</summary>
    /// <param name="collection">Of any store, with <see cref="DocumentChunk.Definition"/>.</param>
    /// <param name="embeddings">The generator that embedded the chunks.</param>
    /// <param name="options">The defaults when null.</param>
    /// <exception cref="ArgumentException">A value of the options is out of its range.</exception>
    public DocumentSearch(VectorStoreCollection<string, DocumentChunk> collection, IEmbeddingGenerator<string, Embedding<float>> embeddings, DocumentSearchOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(collection);
        ArgumentNullException.ThrowIfNull(embeddings);
        _collection = collection;
        _embeddings = embeddings;
        _options = options ?? new DocumentSearchOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(_options.Top, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(_options.Candidates, _options.Top, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(_options.DenseWeight, 0, nameof(options));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(_options.DenseWeight, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(_options.Diversity, 0, nameof(options));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(_options.Diversity, 1, nameof(options));
    }

    /// <summary>The passages for a question, best first, as many as <see cref="DocumentSearchOptions.Top"/> says.</summary>
    /// <param name="query">The question.</param>
    /// <param name="tenant">Whose documents are searched.</param>
    /// <param name="filter">More conditions, translated by the store; none when null.</param>
    /// <param name="cancellationToken">Stops the search.</param>
    public Task<IReadOnlyList<Passage>> SearchAsync(
        string query, string tenant = "", Expression<Func<DocumentChunk, bool>>? filter = null, CancellationToken cancellationToken = default) =>
        SearchAsync(query, _options.Top, tenant, filter, cancellationToken);

    /// <summary>As the other overload, with the number of passages.</summary>
    /// <param name="query">The question.</param>
    /// <param name="top">The most passages, at least 1; above <see cref="DocumentSearchOptions.Candidates"/> it raises that number too.</param>
    /// <param name="tenant">Whose documents are searched.</param>
    /// <param name="filter">More conditions, translated by the store; none when null.</param>
    /// <param name="cancellationToken">Stops the search.</param>
    public async Task<IReadOnlyList<Passage>> SearchAsync(
        string query, int top, string tenant = "", Expression<Func<DocumentChunk, bool>>? filter = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        ArgumentNullException.ThrowIfNull(tenant);
        ArgumentOutOfRangeException.ThrowIfLessThan(top, 1);
        if (string.IsNullOrWhiteSpace(query))
        {
            return [];
        }

        List<Passage> found = await CandidatesAsync(query, Math.Max(_options.Candidates, top), ForTenant(tenant, filter), cancellationToken).ConfigureAwait(false);
        if (_options.Rerank is { } rerank && found.Count > 0)
        {
            IReadOnlyList<double> scores = await rerank(query, [.. found.Select(passage => passage.Chunk.Text)], cancellationToken).ConfigureAwait(false);
            if (scores.Count != found.Count)
            {
                throw new InvalidOperationException($"The reranker gave {scores.Count} scores for {found.Count} passages; it must give one for each.");
            }

            found = [.. found.Select((passage, index) => passage with { Score = scores[index] }).OrderByDescending(passage => passage.Score)];
        }

        if (_options.ScoreThreshold is { } threshold)
        {
            found.RemoveAll(passage => passage.Score < threshold);
        }

        return _options.Diversity < 1 ? Diversified(found, top) : [.. found.Take(top)];
    }

    /// <summary>The chunks before and after a chunk in its document, in order and without the chunk itself.</summary>
    /// <param name="chunk">The chunk.</param>
    /// <param name="distance">How many on each side.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    public async Task<IReadOnlyList<DocumentChunk>> NeighboursAsync(DocumentChunk chunk, int distance, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(chunk);
        ArgumentOutOfRangeException.ThrowIfLessThan(distance, 1);
        string tenant = chunk.Tenant;
        string document = chunk.DocumentId;
        int first = chunk.Ordinal - distance;
        int last = chunk.Ordinal + distance;
        List<DocumentChunk> found = await _collection
            .GetAsync(c => c.Tenant == tenant && c.DocumentId == document && c.Ordinal >= first && c.Ordinal <= last, (2 * distance) + 1, cancellationToken: cancellationToken)
            .ToListAsync(cancellationToken).ConfigureAwait(false);
        return [.. found.Where(neighbour => neighbour.Ordinal != chunk.Ordinal).OrderBy(neighbour => neighbour.Ordinal)];
    }

    private static Expression<Func<DocumentChunk, bool>> ForTenant(string tenant, Expression<Func<DocumentChunk, bool>>? filter)
    {
        Expression<Func<DocumentChunk, bool>> own = chunk => chunk.Tenant == tenant;
        return filter is null ? own : Expression.Lambda<Func<DocumentChunk, bool>>(
            Expression.AndAlso(own.Body, new ParameterSwap(filter.Parameters[0], own.Parameters[0]).Visit(filter.Body)), own.Parameters);
    }

    private async Task<List<Passage>> CandidatesAsync(string query, int count, Expression<Func<DocumentChunk, bool>> filter, CancellationToken cancellationToken)
    {
        bool vectors = _options.Diversity < 1;
        HybridSearchOptions<DocumentChunk> hybridOptions = new() { Filter = filter, IncludeVectors = vectors };
        IKeywordSearchable<DocumentChunk>? keywords = _collection as IKeywordSearchable<DocumentChunk>;
        if (_options.Mode == SearchMode.Keyword)
        {
            return keywords is null
                ? throw new NotSupportedException("This store has no keyword search. Use SearchMode.Dense or Hybrid.")
                : await ToPassagesAsync(keywords.KeywordSearchAsync(query, count, hybridOptions, cancellationToken), cancellationToken).ConfigureAwait(false);
        }

        ReadOnlyMemory<float> vector = await _embeddings.GenerateVectorAsync(query, EmbeddingPurpose.Query, cancellationToken).ConfigureAwait(false);
        if (_options.Mode == SearchMode.Hybrid && keywords is null && _collection is IKeywordHybridSearchable<DocumentChunk> hybrid)
        {
            string[] words = [.. TextAnalyzer.Plain.Terms(query)];
            return await ToPassagesAsync(hybrid.HybridSearchAsync(vector, words, count, hybridOptions, cancellationToken), cancellationToken).ConfigureAwait(false);
        }

        List<Passage> dense = await ToPassagesAsync(
            _collection.SearchAsync(vector, count, new VectorSearchOptions<DocumentChunk> { Filter = filter, IncludeVectors = vectors }, cancellationToken),
            cancellationToken).ConfigureAwait(false);
        if (_options.Mode == SearchMode.Dense || keywords is null)
        {
            return dense;
        }

        List<Passage> lexical = await ToPassagesAsync(keywords.KeywordSearchAsync(query, count, hybridOptions, cancellationToken), cancellationToken).ConfigureAwait(false);
        return Fuse(dense, lexical);
    }

    private List<Passage> Fuse(List<Passage> dense, List<Passage> lexical)
    {
        Dictionary<string, DocumentChunk> chunks = [];
        foreach (Passage passage in dense.Concat(lexical))
        {
            chunks.TryAdd(passage.Chunk.Key, passage.Chunk);
        }

        IReadOnlyList<(string Document, double Score)> fused = _options.Fusion == FusionKind.Reciprocal
            ? RankFusion.Reciprocal<string>([[.. dense.Select(passage => passage.Chunk.Key)], [.. lexical.Select(passage => passage.Chunk.Key)]])
            : RankFusion.MinMax<string>([Scores(dense), Scores(lexical)], [_options.DenseWeight, 1 - _options.DenseWeight]);
        return [.. fused.Select(hit => new Passage(chunks[hit.Document], hit.Score))];

        static List<(string Document, double Score)> Scores(List<Passage> passages) => [.. passages.Select(passage => (passage.Chunk.Key, passage.Score))];
    }

    private List<Passage> Diversified(List<Passage> found, int top)
    {
        // Relevance must share the similarity's scale.
        double[] relevance = new double[found.Count];
        foreach ((int index, double score) in RankFusion.MinMax<int>([[.. found.Select((passage, index) => (index, passage.Score))]]))
        {
            relevance[index] = score;
        }

        return [.. MaximalMarginalRelevance.Choose(relevance, [.. found.Select(passage => passage.Chunk.Embedding)], top, _options.Diversity).Select(index => found[index])];
    }

    private static async Task<List<Passage>> ToPassagesAsync(IAsyncEnumerable<VectorSearchResult<DocumentChunk>> results, CancellationToken cancellationToken) =>
        await results.Select(result => new Passage(result.Record, result.Score ?? 0)).ToListAsync(cancellationToken).ConfigureAwait(false);

    private sealed class ParameterSwap(ParameterExpression from, ParameterExpression to) : ExpressionVisitor
    {
        protected override Expression VisitParameter(ParameterExpression node) => node == from ? to : base.VisitParameter(node);
    }
}
