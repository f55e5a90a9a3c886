using System.Linq.Expressions;
using System.Runtime.CompilerServices;
using Gemma4.Retrieval.Search;
using Microsoft.Extensions.VectorData;
using Microsoft.Extensions.VectorData.ProviderServices;

namespace Gemma4.Retrieval.Stores;

/// <summary>One collection of an <see cref="InMemoryVectorStore"/>.</summary>
internal sealed class InMemoryCollection<TKey, TRecord>(InMemoryVectorStore store, string name, RecordShape shape)
    : VectorStoreCollection<TKey, TRecord>, IKeywordHybridSearchable<TRecord>, IKeywordSearchable<TRecord>
    where TKey : notnull
    where TRecord : class
{
    private readonly VectorStoreCollectionMetadata _metadata = new() { VectorStoreSystemName = store.Metadata.VectorStoreSystemName, CollectionName = name };

    public override string Name => name;

    public override Task<bool> CollectionExistsAsync(CancellationToken cancellationToken = default) => store.CollectionExistsAsync(name, cancellationToken);

    public override Task EnsureCollectionExistsAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        store.Ensure(name, shape);
        return Task.CompletedTask;
    }

    public override Task EnsureCollectionDeletedAsync(CancellationToken cancellationToken = default) => store.EnsureCollectionDeletedAsync(name, cancellationToken);

    public override Task<TRecord?> GetAsync(TKey key, RecordRetrievalOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        cancellationToken.ThrowIfCancellationRequested();
        bool includeVectors = options?.IncludeVectors ?? false;
        shape.RefuseVectorsOfEmbedded(includeVectors);
        return Task.FromResult(Reading(table => table.RowOf.TryGetValue(key, out int row) ? (TRecord?)table.Read(row, includeVectors) : null));
    }

    public override async IAsyncEnumerable<TRecord> GetAsync(
        Expression<Func<TRecord, bool>> filter, int top, FilteredRecordRetrievalOptions<TRecord>? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(filter);
        ArgumentOutOfRangeException.ThrowIfLessThan(top, 1);
        await Task.CompletedTask.ConfigureAwait(false);
        options ??= new();
        shape.RefuseVectorsOfEmbedded(options.IncludeVectors);
        Func<TRecord, bool> accept = filter.Compile();
        foreach (TRecord record in Reading(table =>
        {
            IEnumerable<int> rows = Enumerable.Range(0, table.Records.Count).Where(row => table.Records[row] is TRecord record && accept(record));
            return Ordered(table, rows, options).Skip(options.Skip).Take(top).Select(row => (TRecord)table.Read(row, options.IncludeVectors)).ToList();
        }))
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return record;
        }
    }

    public override Task DeleteAsync(TKey key, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        return DeleteAsync([key], cancellationToken);
    }

    public override Task DeleteAsync(IEnumerable<TKey> keys, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(keys);
        cancellationToken.ThrowIfCancellationRequested();
        Writing(table =>
        {
            foreach (TKey key in keys)
            {
                table.Remove(key);
            }
        });
        return Task.CompletedTask;
    }

    public override Task UpsertAsync(TRecord record, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(record);
        return UpsertAsync([record], cancellationToken);
    }

    public override async Task UpsertAsync(IEnumerable<TRecord> records, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(records);
        IReadOnlyList<TRecord> list = [.. records];
        // Outside the lock: embedding takes long.
        ReadOnlyMemory<float>?[][] vectors = await shape.VectorsOfAsync(list, cancellationToken).ConfigureAwait(false);
        object[] keys = [.. list.Select(record => shape.KeyOf(record))];
        cancellationToken.ThrowIfCancellationRequested();
        Writing(table =>
        {
            for (int i = 0; i < list.Count; i++)
            {
                table.Set(keys[i], shape.CopyData(list[i]), property => vectors[property][i]);
            }
        });
    }

    public override async IAsyncEnumerable<VectorSearchResult<TRecord>> SearchAsync<TInput>(
        TInput searchValue, int top, VectorSearchOptions<TRecord>? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(searchValue);
        ArgumentOutOfRangeException.ThrowIfLessThan(top, 1);
        options ??= new();
        shape.RefuseVectorsOfEmbedded(options.IncludeVectors);
        VectorPropertyModel property = shape.Model.GetVectorPropertyOrSingle(options);
        ReadOnlyMemory<float> query = await RecordShape.QueryVectorAsync(property, searchValue, cancellationToken).ConfigureAwait(false);
        Func<TRecord, bool>? filter = options.Filter?.Compile();
        foreach (VectorSearchResult<TRecord> result in Reading(table =>
        {
            VectorMatrix matrix = table.Vectors[IndexOf(property)];
            bool higher = VectorDistance.HigherIsBetter(matrix.Function);
            return matrix.Search(query, HybridDepth.Reach(top, options.Skip), Accept(table, filter)).Skip(options.Skip)
                .Where(hit => options.ScoreThreshold is not { } threshold || (higher ? hit.Score >= threshold : hit.Score <= threshold))
                .Select(hit => new VectorSearchResult<TRecord>((TRecord)table.Read(hit.Row, options.IncludeVectors), hit.Score)).ToList();
        }))
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
        shape.RefuseVectorsOfEmbedded(options.IncludeVectors);
        VectorPropertyModel property = shape.Model.GetVectorPropertyOrSingle(new VectorSearchOptions<TRecord> { VectorProperty = options.VectorProperty });
        DataPropertyModel text = shape.Model.GetFullTextDataPropertyOrSingle(options.AdditionalProperty);
        ReadOnlyMemory<float> query = await RecordShape.QueryVectorAsync(property, searchValue, cancellationToken).ConfigureAwait(false);
        Func<TRecord, bool>? filter = options.Filter?.Compile();
        foreach (VectorSearchResult<TRecord> result in Reading(table =>
        {
            int depth = HybridDepth.For(HybridDepth.Reach(top, options.Skip));
            Func<int, bool>? accept = Accept(table, filter);
            int[] dense = [.. table.Vectors[IndexOf(property)].Search(query, depth, accept).Select(hit => hit.Row)];
            int[] lexical = [.. table.FullText[IndexOf(text)].Search(string.Join(' ', keywords), depth, accept).Select(hit => hit.Document)];
            return RankFusion.Reciprocal<int>([dense, lexical])
                .Where(hit => options.ScoreThreshold is not { } threshold || hit.Score >= threshold)
                .Skip(options.Skip).Take(top)
                .Select(hit => new VectorSearchResult<TRecord>((TRecord)table.Read(hit.Document, options.IncludeVectors), hit.Score)).ToList();
        }))
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return result;
        }
    }

    public async IAsyncEnumerable<VectorSearchResult<TRecord>> KeywordSearchAsync(
        string keywords, int top, HybridSearchOptions<TRecord>? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(keywords);
        ArgumentOutOfRangeException.ThrowIfLessThan(top, 1);
        await Task.CompletedTask.ConfigureAwait(false);
        options ??= new();
        shape.RefuseVectorsOfEmbedded(options.IncludeVectors);
        DataPropertyModel text = shape.Model.GetFullTextDataPropertyOrSingle(options.AdditionalProperty);
        Func<TRecord, bool>? filter = options.Filter?.Compile();
        foreach (VectorSearchResult<TRecord> result in Reading(table => table.FullText[IndexOf(text)]
            .Search(keywords, HybridDepth.Reach(top, options.Skip), Accept(table, filter)).Skip(options.Skip)
            .Where(hit => options.ScoreThreshold is not { } threshold || hit.Score >= threshold)
            .Select(hit => new VectorSearchResult<TRecord>((TRecord)table.Read(hit.Document, options.IncludeVectors), hit.Score)).ToList()))
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

    private static Func<int, bool>? Accept(InMemoryTable table, Func<TRecord, bool>? filter) =>
        filter is null ? null : row => table.Records[row] is TRecord record && filter(record);

    private int IndexOf(VectorPropertyModel property) => shape.Model.VectorProperties.Index().First(item => ReferenceEquals(item.Item, property)).Index;

    private int IndexOf(DataPropertyModel property) => shape.FullText.Index().First(item => ReferenceEquals(item.Item, property)).Index;

    private IEnumerable<int> Ordered(InMemoryTable table, IEnumerable<int> rows, FilteredRecordRetrievalOptions<TRecord> options)
    {
        IOrderedEnumerable<int>? ordered = null;
        foreach (FilteredRecordRetrievalOptions<TRecord>.OrderByDefinition.SortInfo sort in options.OrderBy?.Invoke(new()).Values ?? [])
        {
            PropertyModel property = shape.Model.GetDataOrKeyProperty(sort.PropertySelector);
            object? Value(int row) => property.GetValueAsObject(table.Records[row]!);
            ordered = (ordered, sort.Ascending) switch
            {
                (null, true) => rows.OrderBy(Value),
                (null, false) => rows.OrderByDescending(Value),
                (_, true) => ordered.ThenBy(Value),
                (_, false) => ordered.ThenByDescending(Value),
            };
        }

        return ordered ?? rows;
    }

    private InMemoryTable Table() => store.Find(name, shape)
        ?? throw new VectorStoreException($"The collection '{name}' does not exist. Call EnsureCollectionExistsAsync first.")
        {
            VectorStoreSystemName = store.Metadata.VectorStoreSystemName,
            CollectionName = name,
        };

    private T Reading<T>(Func<InMemoryTable, T> read)
    {
        InMemoryTable table = Table();
        table.Lock.EnterReadLock();
        try
        {
            return read(table);
        }
        finally
        {
            table.Lock.ExitReadLock();
        }
    }

    private void Writing(Action<InMemoryTable> write)
    {
        InMemoryTable table = Table();
        table.Lock.EnterWriteLock();
        try
        {
            write(table);
        }
        finally
        {
            table.Lock.ExitWriteLock();
        }
    }
}
