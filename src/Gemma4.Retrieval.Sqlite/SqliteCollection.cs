using System.Linq.Expressions;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Gemma4.Retrieval.Stores;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.VectorData;
using Microsoft.Extensions.VectorData.ProviderServices;

namespace Gemma4.Retrieval.Sqlite;

/// <summary>One collection of a <see cref="SqliteVectorStore"/>.</summary>
internal sealed class SqliteCollection<TKey, TRecord>(SqliteVectorStore store, string name, SqliteTable table)
    : SearchableCollection<TKey, TRecord>(store.Metadata.VectorStoreSystemName!, name, table.Shape)
    where TKey : notnull
    where TRecord : class
{
    // SQLITE_ERROR: the statement names a table or column that is not there.
    private const int MissingOrOther = 1;

    public override Task<bool> CollectionExistsAsync(CancellationToken cancellationToken = default) => store.CollectionExistsAsync(Name, cancellationToken);

    public override Task EnsureCollectionExistsAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        store.Create(Name, table);
        return Task.CompletedTask;
    }

    public override Task EnsureCollectionDeletedAsync(CancellationToken cancellationToken = default) => store.EnsureCollectionDeletedAsync(Name, cancellationToken);

    public override Task<TRecord?> GetAsync(TKey key, RecordRetrievalOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        cancellationToken.ThrowIfCancellationRequested();
        bool includeVectors = options?.IncludeVectors ?? false;
        Shape.RefuseVectorsOfEmbedded(includeVectors);
        return Task.FromResult(Run((connection, _) =>
        {
            SqliteView<TRecord> view = new(connection, table, store.Options, null, cancellationToken);
            return view.Find(key) is { } row ? view.Read(row, includeVectors) : null;
        }));
    }

    public override async IAsyncEnumerable<TRecord> GetAsync(
        Expression<Func<TRecord, bool>> filter, int top, FilteredRecordRetrievalOptions<TRecord>? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(filter);
        ArgumentOutOfRangeException.ThrowIfLessThan(top, 1);
        await Task.CompletedTask.ConfigureAwait(false);
        options ??= new();
        Shape.RefuseVectorsOfEmbedded(options.IncludeVectors);
        string order = string.Join(", ", (options.OrderBy?.Invoke(new()).Values ?? [])
            .Select(sort => $"{SqliteTable.Column(Shape.Model.GetDataOrKeyProperty(sort.PropertySelector))} {(sort.Ascending ? "ASC" : "DESC")}").Append(SqliteTable.Id));
        foreach (TRecord record in View(filter, view => ((SqliteView<TRecord>)view).List(order, top, options.Skip, options.IncludeVectors), cancellationToken))
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return record;
        }
    }

    public override Task DeleteAsync(IEnumerable<TKey> keys, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(keys);
        // Before the transaction: the caller's enumeration may search this collection.
        TKey[] all = [.. keys];
        cancellationToken.ThrowIfCancellationRequested();
        Run((connection, transaction) =>
        {
            using SqliteCommand command = connection.CreateCommand();
            command.CommandText = $"DELETE FROM {table.Name} WHERE {SqliteTable.Column(Shape.Model.KeyProperty)} = $key RETURNING {SqliteTable.Id}";
            SqliteParameter parameter = command.Parameters.AddWithValue("$key", DBNull.Value);
            foreach (TKey key in all)
            {
                parameter.Value = SqliteTable.ToSql(key);
                if (command.ExecuteScalar() is long id && Shape.FullText.Count > 0)
                {
                    Execute(connection, $"DELETE FROM {table.Keywords} WHERE rowid = $id", id, null);
                }
            }

            transaction.Commit();
            return true;
        }, write: true);
        return Task.CompletedTask;
    }

    public override async Task UpsertAsync(IEnumerable<TRecord> records, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(records);
        IReadOnlyList<TRecord> list = [.. records];
        ReadOnlyMemory<float>?[][] vectors = await Shape.VectorsOfAsync(list, cancellationToken).ConfigureAwait(false);
        object[] keys = [.. list.Select(record => Shape.KeyOf(record))];
        Run((connection, transaction) =>
        {
            using SqliteCommand command = connection.CreateCommand();
            command.CommandText = table.UpsertStatement;
            PropertyModel[] stored = [.. RecordJson.Stored(Shape)];
            SqliteParameter[] parameters = [.. Enumerable.Range(0, stored.Length + vectors.Length).Select(index => command.Parameters.AddWithValue(SqliteTable.Parameter(index), DBNull.Value))];
            for (int i = 0; i < list.Count; i++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                for (int p = 0; p < stored.Length; p++)
                {
                    parameters[p].Value = p == 0 ? SqliteTable.ToSql(keys[i]) : SqliteTable.ToSql(stored[p].GetValueAsObject(list[i]));
                }

                for (int v = 0; v < vectors.Length; v++)
                {
                    parameters[stored.Length + v].Value = vectors[v][i] is { } vector ? MemoryMarshal.AsBytes(vector.Span).ToArray() : DBNull.Value;
                }

                WriteKeywords(connection, (long)command.ExecuteScalar()!, list[i]);
            }

            transaction.Commit();
            return true;
        }, write: true);
    }

    protected override List<T> View<T>(Expression<Func<TRecord, bool>>? filter, Func<ISearchView<TRecord>, List<T>> look, CancellationToken cancellationToken) =>
        Run((connection, _) => look(new SqliteView<TRecord>(connection, table, store.Options, filter, cancellationToken)));

    private void WriteKeywords(SqliteConnection connection, long id, TRecord record)
    {
        if (Shape.FullText.Count > 0)
        {
            Execute(connection, $"DELETE FROM {table.Keywords} WHERE rowid = $id", id, null);
            string columns = string.Join(", ", Shape.FullText.Select(SqliteTable.Column));
            string values = string.Join(", ", Shape.FullText.Select((_, index) => SqliteTable.Parameter(index)));
            Execute(connection, $"INSERT INTO {table.Keywords}(rowid, {columns}) VALUES ($id, {values})", id,
                [.. Shape.FullText.Select(property => string.Join(' ', store.Options.Analyzer.Terms((string?)property.GetValueAsObject(record) ?? "")))]);
        }
    }

    private static void Execute(SqliteConnection connection, string statement, long id, string[]? values)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = statement;
        command.Parameters.AddWithValue("$id", id);
        for (int i = 0; i < values?.Length; i++)
        {
            command.Parameters.AddWithValue(SqliteTable.Parameter(i), values[i]);
        }

        command.ExecuteNonQuery();
    }

    // One transaction, so that ids found by one statement are there for the next; commands made inside join it. What is not
    // committed is rolled back.
    private T Run<T>(Func<SqliteConnection, SqliteTransaction, T> action, bool write = false)
    {
        try
        {
            using SqliteConnection connection = store.Open();
            using SqliteTransaction transaction = connection.BeginTransaction(deferred: !write);
            return action(connection, transaction);
        }
        catch (SqliteException problem)
        {
            throw Failure(problem.SqliteErrorCode == MissingOrOther
                ? $"The collection '{Name}' does not exist or does not fit its definition: {problem.Message} Call EnsureCollectionExistsAsync first, or define the record as it was."
                : $"The collection '{Name}' could not be read or written: {problem.Message}", problem);
        }
    }
}
