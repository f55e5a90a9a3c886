using System.Linq.Expressions;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Gemma4.Retrieval.Search;
using Gemma4.Retrieval.Stores;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.VectorData;
using Microsoft.Extensions.VectorData.ProviderServices;

namespace Gemma4.Retrieval.Sqlite;

/// <summary>One collection of a <see cref="SqliteVectorStore"/>.</summary>
internal sealed class SqliteCollection<TKey, TRecord>(SqliteVectorStore store, string name, SqliteTable table)
    : VectorStoreCollection<TKey, TRecord>, IKeywordHybridSearchable<TRecord>, IKeywordSearchable<TRecord>
    where TKey : notnull
    where TRecord : class
{
    private readonly VectorStoreCollectionMetadata _metadata = new() { VectorStoreSystemName = store.Metadata.VectorStoreSystemName, CollectionName = name };
    private readonly RecordShape _shape = table.Shape;

    public override string Name => name;

    public override Task<bool> CollectionExistsAsync(CancellationToken cancellationToken = default) => store.CollectionExistsAsync(name, cancellationToken);

    public override Task EnsureCollectionExistsAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        store.Create(name, table);
        return Task.CompletedTask;
    }

    public override Task EnsureCollectionDeletedAsync(CancellationToken cancellationToken = default) => store.EnsureCollectionDeletedAsync(name, cancellationToken);

    public override Task<TRecord?> GetAsync(TKey key, RecordRetrievalOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        cancellationToken.ThrowIfCancellationRequested();
        bool includeVectors = options?.IncludeVectors ?? false;
        _shape.RefuseVectorsOfEmbedded(includeVectors);
        return Task.FromResult(Run(command =>
        {
            command.CommandText = $"SELECT {SqliteTable.Id} FROM {table.Name} WHERE {SqliteTable.Column(_shape.Model.KeyProperty)} = $key";
            command.Parameters.AddWithValue("$key", SqliteTable.ToSql(key));
            return command.ExecuteScalar() is long id ? Read(command.Connection!, id, includeVectors) : null;
        }));
    }

    public override async IAsyncEnumerable<TRecord> GetAsync(
        Expression<Func<TRecord, bool>> filter, int top, FilteredRecordRetrievalOptions<TRecord>? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(filter);
        ArgumentOutOfRangeException.ThrowIfLessThan(top, 1);
        await Task.CompletedTask.ConfigureAwait(false);
        options ??= new();
        _shape.RefuseVectorsOfEmbedded(options.IncludeVectors);
        foreach (TRecord record in Run(command =>
        {
            string order = string.Join(", ", (options.OrderBy?.Invoke(new()).Values ?? [])
                .Select(sort => $"{SqliteTable.Column(_shape.Model.GetDataOrKeyProperty(sort.PropertySelector))} {(sort.Ascending ? "ASC" : "DESC")}").Append(SqliteTable.Id));
            command.CommandText = $"SELECT {SqliteTable.Id} FROM {table.Name} WHERE {Condition(filter, command)} ORDER BY {order} LIMIT {top} OFFSET {options.Skip}";
            return Ids(command).ConvertAll(id => Read(command.Connection!, id, options.IncludeVectors)!);
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
        Run(command =>
        {
            command.CommandText = $"DELETE FROM {table.Name} WHERE {SqliteTable.Column(_shape.Model.KeyProperty)} = $key RETURNING {SqliteTable.Id}";
            SqliteParameter parameter = command.Parameters.AddWithValue("$key", DBNull.Value);
            foreach (TKey key in keys)
            {
                parameter.Value = SqliteTable.ToSql(key);
                if (command.ExecuteScalar() is long id && _shape.FullText.Count > 0)
                {
                    Execute(command.Connection!, $"DELETE FROM {table.Keywords} WHERE rowid = $id", id, null);
                }
            }

            return true;
        }, write: true);
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
        ReadOnlyMemory<float>?[][] vectors = await _shape.VectorsOfAsync(list, cancellationToken).ConfigureAwait(false);
        object[] keys = [.. list.Select(record => _shape.KeyOf(record))];
        Run(command =>
        {
            command.CommandText = table.UpsertStatement;
            PropertyModel[] stored = [.. RecordJson.Stored(_shape)];
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

                WriteKeywords(command.Connection!, (long)command.ExecuteScalar()!, list[i]);
            }

            return true;
        }, write: true);
    }

    public override async IAsyncEnumerable<VectorSearchResult<TRecord>> SearchAsync<TInput>(
        TInput searchValue, int top, VectorSearchOptions<TRecord>? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(searchValue);
        ArgumentOutOfRangeException.ThrowIfLessThan(top, 1);
        options ??= new();
        _shape.RefuseVectorsOfEmbedded(options.IncludeVectors);
        VectorPropertyModel property = _shape.Model.GetVectorPropertyOrSingle(options);
        ReadOnlyMemory<float> query = await RecordShape.QueryVectorAsync(property, searchValue, cancellationToken).ConfigureAwait(false);
        bool higher = VectorDistance.HigherIsBetter(VectorDistance.Of(property));
        foreach (VectorSearchResult<TRecord> result in Run(command => Nearest(command, property, query, HybridDepth.Reach(top, options.Skip), options.Filter, cancellationToken).Skip(options.Skip)
            .Where(hit => options.ScoreThreshold is not { } threshold || (higher ? hit.Score >= threshold : hit.Score <= threshold))
            .Select(hit => new VectorSearchResult<TRecord>(Read(command.Connection!, hit.Id, options.IncludeVectors)!, hit.Score)).ToList()))
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
        _shape.RefuseVectorsOfEmbedded(options.IncludeVectors);
        VectorPropertyModel property = _shape.Model.GetVectorPropertyOrSingle(new VectorSearchOptions<TRecord> { VectorProperty = options.VectorProperty });
        DataPropertyModel text = _shape.Model.GetFullTextDataPropertyOrSingle(options.AdditionalProperty);
        ReadOnlyMemory<float> query = await RecordShape.QueryVectorAsync(property, searchValue, cancellationToken).ConfigureAwait(false);
        foreach (VectorSearchResult<TRecord> result in Run(command =>
        {
            int depth = HybridDepth.For(HybridDepth.Reach(top, options.Skip));
            long[] dense = [.. Nearest(command, property, query, depth, options.Filter, cancellationToken).Select(hit => hit.Id)];
            long[] lexical = [.. Matching(command.Connection!, text, string.Join(' ', keywords), depth, options.Filter).Select(hit => hit.Id)];
            return RankFusion.Reciprocal<long>([dense, lexical]).Where(hit => options.ScoreThreshold is not { } threshold || hit.Score >= threshold)
                .Skip(options.Skip).Take(top)
                .Select(hit => new VectorSearchResult<TRecord>(Read(command.Connection!, hit.Document, options.IncludeVectors)!, hit.Score)).ToList();
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
        _shape.RefuseVectorsOfEmbedded(options.IncludeVectors);
        DataPropertyModel text = _shape.Model.GetFullTextDataPropertyOrSingle(options.AdditionalProperty);
        foreach (VectorSearchResult<TRecord> result in Run(command => Matching(command.Connection!, text, keywords, HybridDepth.Reach(top, options.Skip), options.Filter).Skip(options.Skip)
            .Where(hit => options.ScoreThreshold is not { } threshold || hit.Score >= threshold)
            .Select(hit => new VectorSearchResult<TRecord>(Read(command.Connection!, hit.Id, options.IncludeVectors)!, hit.Score)).ToList()))
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

    private string Condition(LambdaExpression? filter, SqliteCommand command) =>
        filter is null ? "1" : SqliteTable.Where(RecordFilterReader.Read(filter, _shape.Model), command);

    private List<(long Id, double Score)> Nearest(SqliteCommand command, VectorPropertyModel property, ReadOnlyMemory<float> query, int count, LambdaExpression? filter, CancellationToken cancellationToken)
    {
        string function = VectorDistance.Of(property);
        string column = SqliteTable.Column(property);
        string rows = $"FROM {table.Name} WHERE {column} IS NOT NULL AND {Condition(filter, command)}";
        string? native = store.Options.VectorExtension is null ? null : function switch
        {
            DistanceFunction.CosineSimilarity or DistanceFunction.CosineDistance => "vec_distance_cosine",
            DistanceFunction.EuclideanDistance => "vec_distance_L2",
            DistanceFunction.ManhattanDistance => "vec_distance_L1",
            _ => null,
        };
        return native is null ? Scan(command, $"SELECT {SqliteTable.Id}, {column} {rows}", function, query.Span, count, cancellationToken) : Compared(command, native, column, rows, function, query, count);
    }

    private static List<(long Id, double Score)> Compared(SqliteCommand command, string native, string column, string rows, string function, ReadOnlyMemory<float> query, int count)
    {
        command.CommandText = $"SELECT {SqliteTable.Id}, {native}({column}, $query) AS distance {rows} ORDER BY distance LIMIT {count}";
        command.Parameters.AddWithValue("$query", MemoryMarshal.AsBytes(query.Span).ToArray());
        using SqliteDataReader reader = command.ExecuteReader();
        List<(long Id, double Score)> found = [];
        while (reader.Read())
        {
            double distance = reader.IsDBNull(1) ? 1 : reader.GetDouble(1);
            found.Add((reader.GetInt64(0), function == DistanceFunction.CosineSimilarity ? 1 - distance : distance));
        }

        return found;
    }

    private static List<(long Id, double Score)> Scan(SqliteCommand command, string select, string function, ReadOnlySpan<float> query, int count, CancellationToken cancellationToken)
    {
        command.CommandText = select;
        using SqliteDataReader reader = command.ExecuteReader();
        float sign = VectorDistance.HigherIsBetter(function) ? 1 : -1;
        float queryNorm = VectorDistance.InverseNorm(query);
        float[] vector = new float[query.Length];
        TopRows top = new(count);
        List<long> ids = [];
        while (reader.Read())
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (reader.GetBytes(1, 0, null, 0, 0) != vector.Length * sizeof(float))
            {
                throw new VectorStoreException($"A stored vector does not have {vector.Length} dimensions; the file was filled with another embedding.");
            }

            using (Stream blob = reader.GetStream(1))
            {
                blob.ReadExactly(MemoryMarshal.AsBytes(vector.AsSpan()));
            }

            float norm = VectorDistance.IsCosine(function) ? VectorDistance.InverseNorm(vector) * queryNorm : 1;
            top.Offer(sign * VectorDistance.Score(function, query, vector, norm), ids.Count);
            ids.Add(reader.GetInt64(0));
        }

        return [.. top.Sorted().Select(hit => (ids[hit.Row], (double)(hit.Score * sign)))];
    }

    private List<(long Id, double Score)> Matching(SqliteConnection connection, DataPropertyModel text, string keywords, int count, LambdaExpression? filter)
    {
        // Quoted terms: what FTS5 would read as an operator is a word here.
        string match = string.Join(" OR ", store.Options.Analyzer.Terms(keywords).Distinct(StringComparer.Ordinal).Select(term => $"\"{term}\""));
        List<(long Id, double Score)> found = [];
        if (match.Length == 0)
        {
            return found;
        }

        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = $"SELECT {table.Name}.{SqliteTable.Id}, -bm25({table.Keywords}) AS score FROM {table.Keywords} JOIN {table.Name} ON {table.Name}.{SqliteTable.Id} = {table.Keywords}.rowid "
            + $"WHERE {table.Keywords} MATCH $match AND {table.Name}.{SqliteTable.Id} IN (SELECT {SqliteTable.Id} FROM {table.Name} WHERE {Condition(filter, command)}) ORDER BY score DESC, 1 LIMIT {count}";
        command.Parameters.AddWithValue("$match", $"{{{SqliteTable.Column(text)}}} : ({match})");
        using SqliteDataReader reader = command.ExecuteReader();
        while (reader.Read())
        {
            found.Add((reader.GetInt64(0), reader.GetDouble(1)));
        }

        return found;
    }

    private void WriteKeywords(SqliteConnection connection, long id, TRecord record)
    {
        if (_shape.FullText.Count > 0)
        {
            Execute(connection, $"DELETE FROM {table.Keywords} WHERE rowid = $id", id, null);
            string columns = string.Join(", ", _shape.FullText.Select(SqliteTable.Column));
            string values = string.Join(", ", _shape.FullText.Select((_, index) => SqliteTable.Parameter(index)));
            Execute(connection, $"INSERT INTO {table.Keywords}(rowid, {columns}) VALUES ($id, {values})", id,
                [.. _shape.FullText.Select(property => string.Join(' ', store.Options.Analyzer.Terms((string?)property.GetValueAsObject(record) ?? "")))]);
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

    private static List<long> Ids(SqliteCommand command)
    {
        using SqliteDataReader reader = command.ExecuteReader();
        List<long> ids = [];
        while (reader.Read())
        {
            ids.Add(reader.GetInt64(0));
        }

        return ids;
    }

    private TRecord? Read(SqliteConnection connection, long id, bool includeVectors)
    {
        VectorPropertyModel[] vectors = includeVectors ? [.. _shape.Model.VectorProperties.Where(property => RecordModelBuilder.IsVector(property.Type))] : [];
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = $"SELECT {string.Join(", ", vectors.Select(SqliteTable.Column).Prepend(table.DataColumns))} FROM {table.Name} WHERE {SqliteTable.Id} = $id";
        command.Parameters.AddWithValue("$id", id);
        using SqliteDataReader reader = command.ExecuteReader();
        if (!reader.Read())
        {
            return null;
        }

        object record = table.ReadRecord(reader, 0);
        int column = 1 + _shape.Model.DataProperties.Count;
        foreach (VectorPropertyModel property in vectors)
        {
            if (reader.GetValue(column++) is byte[] bytes)
            {
                RecordShape.SetVector(property, record, MemoryMarshal.Cast<byte, float>(bytes).ToArray());
            }
        }

        return (TRecord)record;
    }

    // One transaction, so that ids found by one statement are there for the next; commands made later join it.
    private T Run<T>(Func<SqliteCommand, T> action, bool write = false)
    {
        try
        {
            using SqliteConnection connection = store.Open();
            using SqliteTransaction transaction = connection.BeginTransaction(deferred: !write);
            using SqliteCommand command = connection.CreateCommand();
            T result = action(command);
            transaction.Commit();
            return result;
        }
        catch (SqliteException problem)
        {
            throw new VectorStoreException($"The collection '{name}' does not exist or does not fit its definition: {problem.Message}", problem)
            {
                VectorStoreSystemName = _metadata.VectorStoreSystemName,
                CollectionName = name,
            };
        }
    }
}
