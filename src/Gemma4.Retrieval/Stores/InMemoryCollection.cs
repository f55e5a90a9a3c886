using System.Linq.Expressions;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.VectorData;
using Microsoft.Extensions.VectorData.ProviderServices;

namespace Gemma4.Retrieval.Stores;

/// <summary>One collection of an <see cref="InMemoryVectorStore"/>.</summary>
internal sealed class InMemoryCollection<TKey, TRecord>(InMemoryVectorStore store, string name, RecordShape shape)
    : SearchableCollection<TKey, TRecord>(store.Metadata.VectorStoreSystemName!, name, shape)
    where TKey : notnull
    where TRecord : class
{
    public override Task<bool> CollectionExistsAsync(CancellationToken cancellationToken = default) => store.CollectionExistsAsync(Name, cancellationToken);

    public override Task EnsureCollectionExistsAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        store.Ensure(Name, Shape);
        return Task.CompletedTask;
    }

    public override Task EnsureCollectionDeletedAsync(CancellationToken cancellationToken = default) => store.EnsureCollectionDeletedAsync(Name, cancellationToken);

    public override Task<TRecord?> GetAsync(TKey key, RecordRetrievalOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        cancellationToken.ThrowIfCancellationRequested();
        bool includeVectors = options?.IncludeVectors ?? false;
        Shape.RefuseVectorsOfEmbedded(includeVectors);
        InMemoryTable table = Table();
        table.Lock.EnterReadLock();
        try
        {
            return Task.FromResult(table.RowOf.TryGetValue(key, out int row) ? (TRecord?)table.Read(row, includeVectors) : null);
        }
        finally
        {
            table.Lock.ExitReadLock();
        }
    }

    public override async IAsyncEnumerable<TRecord> GetAsync(
        Expression<Func<TRecord, bool>> filter, int top, FilteredRecordRetrievalOptions<TRecord>? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(filter);
        ArgumentOutOfRangeException.ThrowIfLessThan(top, 1);
        await Task.CompletedTask.ConfigureAwait(false);
        options ??= new();
        Shape.RefuseVectorsOfEmbedded(options.IncludeVectors);
        foreach (TRecord record in View(
            filter,
            view => Ordered((InMemoryView<TRecord>)view, options).Skip(options.Skip).Take(top).Select(row => view.Read(row, options.IncludeVectors)).ToList(),
            cancellationToken))
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return record;
        }
    }

    public override Task DeleteAsync(IEnumerable<TKey> keys, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(keys);
        // Before the lock: the caller's enumeration may search this collection.
        TKey[] all = [.. keys];
        cancellationToken.ThrowIfCancellationRequested();
        Writing(table =>
        {
            foreach (TKey key in all)
            {
                table.Remove(key);
            }
        });
        return Task.CompletedTask;
    }

    public override async Task UpsertAsync(IEnumerable<TRecord> records, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(records);
        IReadOnlyList<TRecord> list = [.. records];
        // Outside the lock: embedding takes long.
        ReadOnlyMemory<float>?[][] vectors = await Shape.VectorsOfAsync(list, cancellationToken).ConfigureAwait(false);
        object[] keys = [.. list.Select(record => Shape.KeyOf(record))];
        cancellationToken.ThrowIfCancellationRequested();
        Writing(table =>
        {
            for (int i = 0; i < list.Count; i++)
            {
                table.Set(keys[i], Shape.CopyData(list[i]), property => vectors[property][i]);
            }
        });
    }

    protected override List<T> View<T>(Expression<Func<TRecord, bool>>? filter, Func<ISearchView<TRecord>, List<T>> look, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        RowFilter<TRecord>? rows = filter is null ? null : new RowFilter<TRecord>(filter, Shape);
        InMemoryTable table = Table();
        table.Lock.EnterReadLock();
        try
        {
            return look(new InMemoryView<TRecord>(table, rows?.Select(table)));
        }
        finally
        {
            table.Lock.ExitReadLock();
        }
    }

    private IEnumerable<int> Ordered(InMemoryView<TRecord> view, FilteredRecordRetrievalOptions<TRecord> options)
    {
        IOrderedEnumerable<int>? ordered = null;
        foreach (FilteredRecordRetrievalOptions<TRecord>.OrderByDefinition.SortInfo sort in options.OrderBy?.Invoke(new()).Values ?? [])
        {
            PropertyModel property = Shape.Model.GetDataOrKeyProperty(sort.PropertySelector);
            object? Value(int row) => property.GetValueAsObject(view.RecordOf(row));
            ordered = (ordered, sort.Ascending) switch
            {
                (null, true) => view.Rows.OrderBy(Value),
                (null, false) => view.Rows.OrderByDescending(Value),
                (_, true) => ordered.ThenBy(Value),
                (_, false) => ordered.ThenByDescending(Value),
            };
        }

        return ordered ?? view.Rows;
    }

    private InMemoryTable Table() => store.Find(Name, Shape)
        ?? throw Failure($"The collection '{Name}' does not exist. Call EnsureCollectionExistsAsync first.");

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
