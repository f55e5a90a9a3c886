using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.VectorData;

namespace Gemma4.Retrieval.Stores;

/// <summary>
/// A vector store in this process: exact search over packed vectors, BM25, hybrid search, LINQ filters, and a snapshot in one
/// file. Any record with a key; records go in and come out as copies. Thread-safe.
/// </summary>
public sealed class InMemoryVectorStore : VectorStore
{
    private readonly InMemoryVectorStoreOptions _options;
    private readonly ConcurrentDictionary<string, InMemoryTable> _tables = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, SnapshotSection> _unread = new(StringComparer.Ordinal);

    /// <summary>Makes an empty store.</summary>
    /// <param name="options">The defaults when null.</param>
    public InMemoryVectorStore(InMemoryVectorStoreOptions? options = null) => _options = options ?? new();

    internal VectorStoreMetadata Metadata { get; } = new() { VectorStoreSystemName = "gemma4.inmemory" };

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
        foreach (string name in _tables.Keys.Concat(_unread.Keys).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return name;
        }
    }

    /// <inheritdoc />
    public override Task<bool> CollectionExistsAsync(string name, CancellationToken cancellationToken = default) =>
        Task.FromResult(_tables.ContainsKey(name) || _unread.ContainsKey(name));

    /// <inheritdoc />
    public override Task EnsureCollectionDeletedAsync(string name, CancellationToken cancellationToken = default)
    {
        _tables.TryRemove(name, out _);
        _unread.TryRemove(name, out _);
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

    /// <summary>Writes all collections into one file. A file that is there is replaced only by a complete one.</summary>
    /// <param name="path">The file.</param>
    /// <param name="cancellationToken">Stops the writing; the old file stays.</param>
    public Task SaveAsync(string path, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return Task.Run(() => Save(Path.GetFullPath(path), cancellationToken), cancellationToken);
    }

    /// <summary>Opens a file that <see cref="SaveAsync"/> wrote.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">The defaults when null.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    /// <exception cref="InvalidDataException">The file is no snapshot, is cut off or damaged.</exception>
    /// <remarks>
    /// The whole file is read once to compare checksums. A collection is read again when it is first asked for, since only
    /// then the type of its records is known.
    /// </remarks>
    public static async Task<InMemoryVectorStore> LoadAsync(string path, InMemoryVectorStoreOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        InMemoryVectorStore store = new(options);
        foreach (SnapshotSection section in await Task.Run(() => SnapshotFile.Open(path, cancellationToken), cancellationToken).ConfigureAwait(false))
        {
            store._unread[section.Name] = section;
        }

        return store;
    }

    internal InMemoryTable? Find(string name, RecordShape shape)
    {
        if (!_tables.TryGetValue(name, out InMemoryTable? table))
        {
            // No save may move the sections while one is read.
            lock (_unread)
            {
                if (!_tables.TryGetValue(name, out table) && _unread.TryGetValue(name, out SnapshotSection? section))
                {
                    table = section.Read(shape, _options.Analyzer);
                    _tables[name] = table;
                    _unread.TryRemove(name, out _);
                }
            }
        }

        return table is null || table.Shape.RecordType == shape.RecordType
            ? table
            : throw new InvalidOperationException($"The collection '{name}' holds records of type {table.Shape.RecordType.Name}, not {shape.RecordType.Name}.");
    }

    internal void Ensure(string name, RecordShape shape)
    {
        if (Find(name, shape) is null)
        {
            _tables.TryAdd(name, new InMemoryTable(shape, _options.Analyzer));
        }
    }

    private void Save(string path, CancellationToken cancellationToken)
    {
        lock (_unread)
        {
            SnapshotFile.Write(path, _tables, _unread, cancellationToken);
            if (!_unread.Values.Any(section => string.Equals(section.Path, path, StringComparison.OrdinalIgnoreCase)))
            {
                return;
            }

            // The file that the sections lie in was replaced, whatever is cancelled now: they lie elsewhere.
            foreach (SnapshotSection section in SnapshotFile.Open(path, CancellationToken.None))
            {
                if (_unread.TryGetValue(section.Name, out SnapshotSection? before))
                {
                    _unread.TryUpdate(section.Name, section, before);
                }
            }
        }
    }

    private InMemoryCollection<TKey, TRecord> Make<TKey, TRecord>(string name, VectorStoreCollectionDefinition? definition)
        where TKey : notnull
        where TRecord : class
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        RecordShape shape = RecordShape.Of<TKey, TRecord>(definition, _options.EmbeddingGenerator);
        foreach (var property in shape.Model.VectorProperties)
        {
            _ = VectorDistance.Of(property);
            _ = VectorMatrix.PrefilterOf(property.IndexKind, property.ModelName);
        }

        return new InMemoryCollection<TKey, TRecord>(this, name, shape);
    }
}
