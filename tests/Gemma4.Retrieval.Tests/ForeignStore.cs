using System.Collections.Concurrent;
using System.Linq.Expressions;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.VectorData;

namespace Gemma4.Retrieval.Tests;

/// <summary>A store that knows only the abstractions, as another vendor's would: a dictionary, a scan, a full sort.</summary>
internal sealed class ForeignStore : VectorStore
{
    public override VectorStoreCollection<TKey, TRecord> GetCollection<TKey, TRecord>(string name, VectorStoreCollectionDefinition? definition = null) =>
        (VectorStoreCollection<TKey, TRecord>)(object)new Chunks(name);

    public override VectorStoreCollection<object, Dictionary<string, object?>> GetDynamicCollection(string name, VectorStoreCollectionDefinition definition) => throw new NotSupportedException();

    public override IAsyncEnumerable<string> ListCollectionNamesAsync(CancellationToken cancellationToken = default) => AsyncEnumerable.Empty<string>();

    public override Task<bool> CollectionExistsAsync(string name, CancellationToken cancellationToken = default) => Task.FromResult(true);

    public override Task EnsureCollectionDeletedAsync(string name, CancellationToken cancellationToken = default) => Task.CompletedTask;

    public override object? GetService(Type serviceType, object? serviceKey = null) => null;

    private sealed class Chunks(string name) : VectorStoreCollection<string, DocumentChunk>
    {
        private readonly ConcurrentDictionary<string, DocumentChunk> _records = [];

        public override string Name => name;

        public override Task<bool> CollectionExistsAsync(CancellationToken cancellationToken = default) => Task.FromResult(true);

        public override Task EnsureCollectionExistsAsync(CancellationToken cancellationToken = default) => Task.CompletedTask;

        public override Task EnsureCollectionDeletedAsync(CancellationToken cancellationToken = default) => Task.CompletedTask;

        public override Task<DocumentChunk?> GetAsync(string key, RecordRetrievalOptions? options = null, CancellationToken cancellationToken = default) => Task.FromResult(_records.GetValueOrDefault(key));

        public override IAsyncEnumerable<DocumentChunk> GetAsync(Expression<Func<DocumentChunk, bool>> filter, int top, FilteredRecordRetrievalOptions<DocumentChunk>? options = null, CancellationToken cancellationToken = default) =>
            _records.Values.Where(filter.Compile()).Take(top).ToAsyncEnumerable();

        public override Task DeleteAsync(string key, CancellationToken cancellationToken = default) => Task.FromResult(_records.TryRemove(key, out _));

        public override Task UpsertAsync(DocumentChunk record, CancellationToken cancellationToken = default) => Task.FromResult(_records[record.Key] = record);

        public override async Task UpsertAsync(IEnumerable<DocumentChunk> records, CancellationToken cancellationToken = default)
        {
            foreach (DocumentChunk record in records)
            {
                await UpsertAsync(record, cancellationToken);
            }
        }

        public override async IAsyncEnumerable<VectorSearchResult<DocumentChunk>> SearchAsync<TInput>(TInput searchValue, int top, VectorSearchOptions<DocumentChunk>? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            await Task.Yield();
            ReadOnlyMemory<float> query = (ReadOnlyMemory<float>)(object)searchValue;
            Func<DocumentChunk, bool> filter = options?.Filter?.Compile() ?? (_ => true);
            foreach (VectorSearchResult<DocumentChunk> result in _records.Values.Where(filter)
                .Select(record => new VectorSearchResult<DocumentChunk>(record, TensorPrimitives.CosineSimilarity(query.Span, record.Embedding.Span)))
                .OrderByDescending(result => result.Score).Take(top))
            {
                yield return result;
            }
        }

        public override object? GetService(Type serviceType, object? serviceKey = null) => null;
    }
}
