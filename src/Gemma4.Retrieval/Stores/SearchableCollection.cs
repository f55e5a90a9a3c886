using System.Linq.Expressions;
using System.Runtime.CompilerServices;
using Gemma4.Retrieval.Search;
using Microsoft.Extensions.VectorData;
using Microsoft.Extensions.VectorData.ProviderServices;

namespace Gemma4.Retrieval.Stores;

/// <summary>
/// A collection that searches by vector, by keywords and by both. What a caller may ask for is read here, once for all
/// stores; a store gives a consistent view of its rows.
/// </summary>
internal abstract class SearchableCollection<TKey, TRecord>(string systemName, string name, RecordShape shape)
    : VectorStoreCollection<TKey, TRecord>, IKeywordHybridSearchable<TRecord>, IKeywordSearchable<TRecord>
    where TKey : notnull
    where TRecord : class
{
    private readonly VectorStoreCollectionMetadata _metadata = new() { VectorStoreSystemName = systemName, CollectionName = name };

    public override string Name => _metadata.CollectionName!;

    protected RecordShape Shape { get; } = shape;

    public override Task DeleteAsync(TKey key, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        return DeleteAsync([key], cancellationToken);
    }

    public override Task UpsertAsync(TRecord record, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(record);
        return UpsertAsync([record], cancellationToken);
    }

    public override async IAsyncEnumerable<VectorSearchResult<TRecord>> SearchAsync<TInput>(
        TInput searchValue, int top, VectorSearchOptions<TRecord>? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(searchValue);
        ArgumentOutOfRangeException.ThrowIfLessThan(top, 1);
        options ??= new();
        Shape.RefuseVectorsOfEmbedded(options.IncludeVectors);
        VectorPropertyModel property = Shape.Model.GetVectorPropertyOrSingle(options);
        ReadOnlyMemory<float> query = await RecordShape.QueryVectorAsync(property, searchValue, cancellationToken).ConfigureAwait(false);
        bool higher = VectorDistance.HigherIsBetter(VectorDistance.Of(property));
        foreach (VectorSearchResult<TRecord> result in View(
            options.Filter,
            view => Results(view, view.Nearest(property, query, HybridDepth.Reach(top, options.Skip)), options.Skip, top, options.ScoreThreshold, higher, options.IncludeVectors),
            cancellationToken))
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return result;
        }
    }

    public async IAsyncEnumerable<VectorSearchResult<TRecord>> HybridSearchAsync<TInput>(
        TInput searchValue, ICollection<string> keywords, int top, HybridSearchOptions<TRecord>? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        where TInput : notnull
    {
        ArgumentNullException.ThrowIfNull(searchValue);
        ArgumentNullException.ThrowIfNull(keywords);
        ArgumentOutOfRangeException.ThrowIfLessThan(top, 1);
        options ??= new();
        Shape.RefuseVectorsOfEmbedded(options.IncludeVectors);
        VectorPropertyModel property = Shape.Model.GetVectorPropertyOrSingle(new VectorSearchOptions<TRecord> { VectorProperty = options.VectorProperty });
        DataPropertyModel text = Shape.Model.GetFullTextDataPropertyOrSingle(options.AdditionalProperty);
        ReadOnlyMemory<float> query = await RecordShape.QueryVectorAsync(property, searchValue, cancellationToken).ConfigureAwait(false);
        foreach (VectorSearchResult<TRecord> result in View(options.Filter, Fused, cancellationToken))
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return result;
        }

        List<VectorSearchResult<TRecord>> Fused(ISearchView<TRecord> view)
        {
            int depth = HybridDepth.For(HybridDepth.Reach(top, options.Skip));
            long[] dense = [.. view.Nearest(property, query, depth).Select(hit => hit.Row)];
            long[] lexical = [.. view.Matching(text, string.Join(' ', keywords), depth).Select(hit => hit.Row)];
            return Results(view, RankFusion.Reciprocal<long>([dense, lexical]), options.Skip, top, options.ScoreThreshold, higher: true, options.IncludeVectors);
        }
    }

    public async IAsyncEnumerable<VectorSearchResult<TRecord>> KeywordSearchAsync(
        string keywords, int top, HybridSearchOptions<TRecord>? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(keywords);
        ArgumentOutOfRangeException.ThrowIfLessThan(top, 1);
        await Task.CompletedTask.ConfigureAwait(false);
        options ??= new();
        Shape.RefuseVectorsOfEmbedded(options.IncludeVectors);
        DataPropertyModel text = Shape.Model.GetFullTextDataPropertyOrSingle(options.AdditionalProperty);
        foreach (VectorSearchResult<TRecord> result in View(
            options.Filter,
            view => Results(view, view.Matching(text, keywords, HybridDepth.Reach(top, options.Skip)), options.Skip, top, options.ScoreThreshold, higher: true, options.IncludeVectors),
            cancellationToken))
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return result;
        }
    }

    public override object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is not null ? null
            : serviceType == typeof(VectorStoreCollectionMetadata) ? _metadata
            : serviceType.IsInstanceOfType(this) ? this : null;
    }

    /// <summary>Looks at the rows that pass a filter, all in one state of the collection.</summary>
    /// <exception cref="VectorStoreException">The collection does not exist.</exception>
    protected abstract List<T> View<T>(Expression<Func<TRecord, bool>>? filter, Func<ISearchView<TRecord>, List<T>> look, CancellationToken cancellationToken);

    /// <summary>An error of this collection.</summary>
    protected VectorStoreException Failure(string message, Exception? cause = null) =>
        new(message, cause) { VectorStoreSystemName = _metadata.VectorStoreSystemName, CollectionName = _metadata.CollectionName };

    private static List<VectorSearchResult<TRecord>> Results(
        ISearchView<TRecord> view, IEnumerable<(long Row, double Score)> hits, int skip, int top, double? threshold, bool higher, bool includeVectors) =>
        [.. hits.Where(hit => threshold is not { } limit || (higher ? hit.Score >= limit : hit.Score <= limit)).Skip(skip).Take(top)
            .Select(hit => new VectorSearchResult<TRecord>(view.Read(hit.Row, includeVectors), hit.Score))];
}
