using System.Linq.Expressions;
using System.Runtime.InteropServices;
using Gemma4.Retrieval.Stores;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.VectorData;
using Microsoft.Extensions.VectorData.ProviderServices;

namespace Gemma4.Retrieval.Sqlite;

/// <summary>A collection's tables inside one transaction, through a filter.</summary>
internal sealed class SqliteView<TRecord>(SqliteConnection connection, SqliteTable table, SqliteVectorStoreOptions options, LambdaExpression? filter, CancellationToken cancellationToken)
    : ISearchView<TRecord>
    where TRecord : class
{
    public IEnumerable<(long Row, double Score)> Nearest(VectorPropertyModel property, ReadOnlyMemory<float> query, int count)
    {
        using SqliteCommand command = connection.CreateCommand();
        string function = VectorDistance.Of(property);
        string column = SqliteTable.Column(property);
        string rows = $"FROM {table.Name} WHERE {column} IS NOT NULL AND {Condition(command)}";
        string? native = options.VectorExtension is null ? null : function switch
        {
            DistanceFunction.CosineSimilarity or DistanceFunction.CosineDistance => "vec_distance_cosine",
            DistanceFunction.EuclideanDistance => "vec_distance_L2",
            DistanceFunction.ManhattanDistance => "vec_distance_L1",
            _ => null,
        };
        return native is null
            ? Scanned(command, $"SELECT {SqliteTable.Id}, {column} {rows}", function, query.Span, count)
            : Compared(command, $"SELECT {SqliteTable.Id}, {native}({column}, $query) AS distance {rows} ORDER BY distance, 1 LIMIT {count}", function, query);
    }

    public IEnumerable<(long Row, double Score)> Matching(DataPropertyModel text, string keywords, int count)
    {
        // Quoted terms: what FTS5 would read as an operator is a word here.
        string match = string.Join(" OR ", options.Analyzer.Terms(keywords).Distinct(StringComparer.Ordinal).Select(term => $"\"{term}\""));
        List<(long Row, double Score)> found = [];
        if (match.Length == 0)
        {
            return found;
        }

        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = $"SELECT {table.Name}.{SqliteTable.Id}, -bm25({table.Keywords}) AS score FROM {table.Keywords} JOIN {table.Name} ON {table.Name}.{SqliteTable.Id} = {table.Keywords}.rowid "
            + $"WHERE {table.Keywords} MATCH $match AND {table.Name}.{SqliteTable.Id} IN (SELECT {SqliteTable.Id} FROM {table.Name} WHERE {Condition(command)}) ORDER BY score DESC, 1 LIMIT {count}";
        command.Parameters.AddWithValue("$match", $"{{{SqliteTable.Column(text)}}} : ({match})");
        using SqliteDataReader reader = command.ExecuteReader();
        while (reader.Read())
        {
            cancellationToken.ThrowIfCancellationRequested();
            found.Add((reader.GetInt64(0), reader.GetDouble(1)));
        }

        return found;
    }

    /// <summary>The rows that pass, in an order.</summary>
    public List<TRecord> List(string order, int top, int skip, bool includeVectors)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = $"SELECT {SqliteTable.Id} FROM {table.Name} WHERE {Condition(command)} ORDER BY {order} LIMIT {top} OFFSET {skip}";
        List<long> ids = [];
        using (SqliteDataReader reader = command.ExecuteReader())
        {
            while (reader.Read())
            {
                ids.Add(reader.GetInt64(0));
            }
        }

        return ids.ConvertAll(id => Read(id, includeVectors));
    }

    /// <summary>The row of a key; null when there is none.</summary>
    public long? Find(object key)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = $"SELECT {SqliteTable.Id} FROM {table.Name} WHERE {SqliteTable.Column(table.Shape.Model.KeyProperty)} = $key";
        command.Parameters.AddWithValue("$key", SqliteTable.ToSql(key));
        return command.ExecuteScalar() as long?;
    }

    public TRecord Read(long row, bool includeVectors)
    {
        VectorPropertyModel[] vectors = includeVectors ? [.. table.Shape.Model.VectorProperties.Where(property => RecordModelBuilder.IsVector(property.Type))] : [];
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = $"SELECT {string.Join(", ", vectors.Select(SqliteTable.Column).Prepend(table.DataColumns))} FROM {table.Name} WHERE {SqliteTable.Id} = $id";
        command.Parameters.AddWithValue("$id", row);
        using SqliteDataReader reader = command.ExecuteReader();
        reader.Read();
        object record = table.ReadRecord(reader, 0);
        int column = 1 + table.Shape.Model.DataProperties.Count;
        foreach (VectorPropertyModel property in vectors)
        {
            if (reader.GetValue(column++) is byte[] bytes)
            {
                RecordShape.SetVector(property, record, MemoryMarshal.Cast<byte, float>(bytes).ToArray());
            }
        }

        return (TRecord)record;
    }

    private string Condition(SqliteCommand command) => filter is null ? "1" : SqliteTable.Where(RecordFilterReader.Read(filter, table.Shape.Model), command);

    private static List<(long Row, double Score)> Compared(SqliteCommand command, string select, string function, ReadOnlyMemory<float> query)
    {
        command.CommandText = select;
        command.Parameters.AddWithValue("$query", MemoryMarshal.AsBytes(query.Span).ToArray());
        using SqliteDataReader reader = command.ExecuteReader();
        List<(long Row, double Score)> found = [];
        while (reader.Read())
        {
            // The zero vector has no direction: null there, and the cosine 0 everywhere else.
            double distance = reader.IsDBNull(1) ? 1 : reader.GetDouble(1);
            found.Add((reader.GetInt64(0), function == DistanceFunction.CosineSimilarity ? 1 - distance : distance));
        }

        return found;
    }

    private List<(long Row, double Score)> Scanned(SqliteCommand command, string select, string function, ReadOnlySpan<float> query, int count)
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
}
