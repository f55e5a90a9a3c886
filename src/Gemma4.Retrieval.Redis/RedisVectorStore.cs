using System.Runtime.CompilerServices;
using Gemma4.Retrieval.Stores;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.VectorData;
using StackExchange.Redis;

namespace Gemma4.Retrieval.Redis;

/// <summary>
/// A distributed vector store on vector sets: Redis 8, or Garnet started with its switch for vector sets. Records are in a
/// hash, their vectors in a vector set; the nearest are found by the server's index and their scores computed exactly. There
/// is no hybrid search, since these servers have no text index. Thread-safe.
/// </summary>
public sealed class RedisVectorStore : VectorStore
{
    private readonly IConnectionMultiplexer _connection;
    private readonly string _prefix;
    private readonly IEmbeddingGenerator? _embeddings;

    /// <summary>Makes a store over a connection that the caller owns.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="prefix">Stands before all keys, so that several applications can share a server.</param>
    /// <param name="embeddingGenerator">Embeds vector properties that hold their source, where the definition names no generator.</param>
    public RedisVectorStore(IConnectionMultiplexer connection, string prefix = "gemma4", IEmbeddingGenerator? embeddingGenerator = null)
    {
        ArgumentNullException.ThrowIfNull(connection);
        ArgumentException.ThrowIfNullOrWhiteSpace(prefix);
        _connection = connection;
        _prefix = prefix;
        _embeddings = embeddingGenerator;
    }

    internal VectorStoreMetadata Metadata { get; } = new() { VectorStoreSystemName = "redis" };

    internal IDatabase Database => _connection.GetDatabase();

    private RedisKey Registry => $"{_prefix}:collections";

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
        foreach (RedisValue name in (await Database.SetMembersAsync(Registry).WaitAsync(cancellationToken).ConfigureAwait(false)).Order())
        {
            yield return name.ToString();
        }
    }

    /// <inheritdoc />
    public override Task<bool> CollectionExistsAsync(string name, CancellationToken cancellationToken = default) =>
        Database.SetContainsAsync(Registry, name).WaitAsync(cancellationToken);

    /// <inheritdoc />
    public override async Task EnsureCollectionDeletedAsync(string name, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        RedisValue[] vectors = await Database.SetMembersAsync(VectorNamesOf(name)).WaitAsync(cancellationToken).ConfigureAwait(false);
        RedisKey[] keys = [RecordsOf(name), VectorNamesOf(name), .. vectors.SelectMany(vector => new[] { VectorsOf(name, vector.ToString()), IndexOf(name, vector.ToString()) })];
        foreach (RedisKey key in keys)
        {
            await Database.KeyDeleteAsync(key).ConfigureAwait(false);
        }

        await Database.SetRemoveAsync(Registry, name).ConfigureAwait(false);
    }

    /// <inheritdoc />
    public override object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is not null ? null
            : serviceType == typeof(VectorStoreMetadata) ? Metadata
            : serviceType == typeof(IConnectionMultiplexer) ? _connection
            : serviceType.IsInstanceOfType(this) ? this : null;
    }

    // The braces keep all keys of a collection on one node of a cluster.
    internal RedisKey RecordsOf(string name) => $"{_prefix}:{{{name}}}:records";

    internal RedisKey VectorNamesOf(string name) => $"{_prefix}:{{{name}}}:vectors";

    internal RedisKey VectorsOf(string name, string vector) => $"{_prefix}:{{{name}}}:vector:{vector}";

    internal RedisKey IndexOf(string name, string vector) => $"{_prefix}:{{{name}}}:index:{vector}";

    internal async Task CreateAsync(string name, RecordShape shape)
    {
        foreach (var property in shape.Model.VectorProperties)
        {
            await Database.SetAddAsync(VectorNamesOf(name), property.StorageName).ConfigureAwait(false);
        }

        await Database.SetAddAsync(Registry, name).ConfigureAwait(false);
    }

    private RedisCollection<TKey, TRecord> Make<TKey, TRecord>(string name, VectorStoreCollectionDefinition? definition)
        where TKey : notnull
        where TRecord : class
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        RecordShape shape = RecordShape.Of<TKey, TRecord>(definition, _embeddings);
        foreach (var property in shape.Model.VectorProperties)
        {
            if (!VectorDistance.IsCosine(VectorDistance.Of(property)))
            {
                throw new NotSupportedException($"'{property.ModelName}' uses {property.DistanceFunction}; vector sets compare by cosine. Use CosineSimilarity or CosineDistance.");
            }

            if (property.IndexKind is not (null or IndexKind.Hnsw or IndexKind.DiskAnn or IndexKind.Dynamic))
            {
                throw new NotSupportedException($"The index kind '{property.IndexKind}' of '{property.ModelName}' is not available; the server chooses (HNSW in Redis, DiskANN in Garnet).");
            }
        }

        return new RedisCollection<TKey, TRecord>(this, name, shape);
    }
}
