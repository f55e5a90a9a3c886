using System.Runtime.CompilerServices;
using Gemma4.Retrieval.Stores;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.VectorData;

namespace Gemma4.Retrieval.Sqlite;

/// <summary>
/// A vector store in one SQLite file. An upsert is one transaction, on disk when it returns: a process that is killed loses
/// nothing that was upserted. Any number of processes may share the file. Thread-safe.
/// </summary>
public sealed class SqliteVectorStore : VectorStore
{
    private const string Registry = "gemma4_collections";

    private readonly string _connectionString;
    private readonly SqliteVectorStoreOptions _options;

    /// <summary>Opens or makes a store.</summary>
    /// <param name="path">The file; made when it is not there.</param>
    /// <param name="options">The defaults when null.</param>
    /// <exception cref="ArgumentException">The path is empty or names a database in memory.</exception>
    public SqliteVectorStore(string path, SqliteVectorStoreOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        if (path.Contains(":memory:", StringComparison.OrdinalIgnoreCase))
        {
            throw new ArgumentException("A database in memory lives as long as one connection. Use InMemoryVectorStore.", nameof(path));
        }

        _options = options ?? new SqliteVectorStoreOptions();
        _connectionString = new SqliteConnectionStringBuilder { DataSource = path, Pooling = true }.ToString();
        using SqliteConnection connection = Open();
        // Readers do not wait for the writer; commits are synced to disk (synchronous is FULL unless changed).
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = $"PRAGMA journal_mode=WAL; CREATE TABLE IF NOT EXISTS {Registry}(name TEXT PRIMARY KEY) WITHOUT ROWID;";
        command.ExecuteNonQuery();
    }

    internal VectorStoreMetadata Metadata { get; } = new() { VectorStoreSystemName = "sqlite" };

    internal SqliteVectorStoreOptions Options => _options;

    /// <inheritdoc />
    /// <exception cref="NotSupportedException">A distance function or index kind is not available.</exception>
    public override VectorStoreCollection<TKey, TRecord> GetCollection<TKey, TRecord>(string name, VectorStoreCollectionDefinition? definition = null) =>
        typeof(TRecord) == typeof(Dictionary<string, object?>)
            ? throw new ArgumentException("Records that are dictionaries come from GetDynamicCollection.", nameof(name))
            : Make<TKey, TRecord>(name, definition);

    /// <inheritdoc />
    public override VectorStoreCollection<object, Dictionary<string, object?>> GetDynamicCollection(string name, VectorStoreCollectionDefinition definition)
    {
        ArgumentNullException.ThrowIfNull(definition);
        return Make<object, Dictionary<string, object?>>(name, definition);
    }

    /// <inheritdoc />
    public override async IAsyncEnumerable<string> ListCollectionNamesAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await Task.CompletedTask.ConfigureAwait(false);
        using SqliteConnection connection = Open();
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = $"SELECT name FROM {Registry} ORDER BY name";
        using SqliteDataReader reader = command.ExecuteReader();
        while (reader.Read())
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return reader.GetString(0);
        }
    }

    /// <inheritdoc />
    public override Task<bool> CollectionExistsAsync(string name, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using SqliteConnection connection = Open();
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = $"SELECT count(*) FROM {Registry} WHERE name = $name";
        command.Parameters.AddWithValue("$name", name);
        return Task.FromResult((long)command.ExecuteScalar()! > 0);
    }

    /// <inheritdoc />
    public override Task EnsureCollectionDeletedAsync(string name, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        cancellationToken.ThrowIfCancellationRequested();
        using SqliteConnection connection = Open();
        using SqliteTransaction transaction = connection.BeginTransaction();
        using SqliteCommand command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = $"DROP TABLE IF EXISTS {SqliteTable.NameOf(name)}; DROP TABLE IF EXISTS {SqliteTable.KeywordsOf(name)}; DELETE FROM {Registry} WHERE name = $name;";
        command.Parameters.AddWithValue("$name", name);
        command.ExecuteNonQuery();
        transaction.Commit();
        return Task.CompletedTask;
    }

    /// <inheritdoc />
    public override object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is not null ? null
            : serviceType == typeof(VectorStoreMetadata) ? Metadata
            : serviceType.IsInstanceOfType(this) ? this : null;
    }

    internal SqliteConnection Open()
    {
        SqliteConnection connection = new(_connectionString);
        try
        {
            connection.Open();
            if (_options.VectorExtension is { } extension)
            {
                connection.LoadExtension(extension);
            }

            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    internal void Create(string name, SqliteTable table)
    {
        using SqliteConnection connection = Open();
        using SqliteTransaction transaction = connection.BeginTransaction();
        using SqliteCommand command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = $"{table.CreateStatement}; INSERT OR IGNORE INTO {Registry} VALUES ($name);";
        command.Parameters.AddWithValue("$name", name);
        command.ExecuteNonQuery();
        transaction.Commit();
    }

    /// <summary>Releases the connections to the file.</summary>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            using SqliteConnection connection = new(_connectionString);
            SqliteConnection.ClearPool(connection);
        }

        base.Dispose(disposing);
    }

    private SqliteCollection<TKey, TRecord> Make<TKey, TRecord>(string name, VectorStoreCollectionDefinition? definition)
        where TKey : notnull
        where TRecord : class
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        RecordShape shape = RecordShape.Of<TKey, TRecord>(definition, _options.EmbeddingGenerator);
        foreach (var property in shape.Model.VectorProperties)
        {
            _ = VectorDistance.Of(property);
            if (property.IndexKind is not (null or IndexKind.Flat))
            {
                throw new NotSupportedException($"The index kind '{property.IndexKind}' of '{property.ModelName}' is not available: this store compares all vectors. Use {IndexKind.Flat}.");
            }
        }

        return new SqliteCollection<TKey, TRecord>(this, name, new SqliteTable(name, shape));
    }
}
