using System.Globalization;
using System.Linq.Expressions;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.Json;
using Gemma4.Retrieval.Stores;
using Microsoft.Extensions.VectorData;
using Microsoft.Extensions.VectorData.ProviderServices;
using StackExchange.Redis;

namespace Gemma4.Retrieval.Redis;

/// <summary>One collection of a <see cref="RedisVectorStore"/>.</summary>
internal sealed class RedisCollection<TKey, TRecord>(RedisVectorStore store, string name, RecordShape shape) : VectorStoreCollection<TKey, TRecord>
    where TKey : notnull
    where TRecord : class
{
    // The index is approximate: more than what is asked for is fetched and scored exactly.
    private const int LeastCandidates = 50;
    private const int CandidatesPerResult = 3;
    private const int PageSize = 500;

    private readonly VectorStoreCollectionMetadata _metadata = new() { VectorStoreSystemName = store.Metadata.VectorStoreSystemName, CollectionName = name };
    private readonly Dictionary<string, PropertyModel> _properties = RecordJson.ByStorageName(shape);

    public override string Name => name;

    public override Task<bool> CollectionExistsAsync(CancellationToken cancellationToken = default) => store.CollectionExistsAsync(name, cancellationToken);

    public override Task EnsureCollectionExistsAsync(CancellationToken cancellationToken = default) => store.CreateAsync(name, shape).WaitAsync(cancellationToken);

    public override Task EnsureCollectionDeletedAsync(CancellationToken cancellationToken = default) => store.EnsureCollectionDeletedAsync(name, cancellationToken);

    public override async Task<TRecord?> GetAsync(TKey key, RecordRetrievalOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        bool includeVectors = options?.IncludeVectors ?? false;
        shape.RefuseVectorsOfEmbedded(includeVectors);
        await RequireAsync().ConfigureAwait(false);
        RedisValue element = Element(key);
        RedisValue json = await store.Database.HashGetAsync(store.RecordsOf(name), element).WaitAsync(cancellationToken).ConfigureAwait(false);
        return json.IsNull ? null : await WithVectorsAsync(element, Parse(json), includeVectors).ConfigureAwait(false);
    }

    public override async IAsyncEnumerable<TRecord> GetAsync(
        Expression<Func<TRecord, bool>> filter, int top, FilteredRecordRetrievalOptions<TRecord>? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(filter);
        ArgumentOutOfRangeException.ThrowIfLessThan(top, 1);
        options ??= new();
        shape.RefuseVectorsOfEmbedded(options.IncludeVectors);
        List<(RedisValue Element, TRecord Record)> records = await MatchingAsync(filter, cancellationToken).ConfigureAwait(false);
        IOrderedEnumerable<(RedisValue Element, TRecord Record)> ordered = records.OrderBy(_ => 0);
        foreach (var sort in options.OrderBy?.Invoke(new()).Values ?? [])
        {
            PropertyModel property = shape.Model.GetDataOrKeyProperty(sort.PropertySelector);
            ordered = sort.Ascending ? ordered.ThenBy(item => property.GetValueAsObject(item.Record)) : ordered.ThenByDescending(item => property.GetValueAsObject(item.Record));
        }

        foreach ((RedisValue element, TRecord record) in ordered.Skip(options.Skip).Take(top))
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return await WithVectorsAsync(element, record, options.IncludeVectors).ConfigureAwait(false);
        }
    }

    public override Task DeleteAsync(TKey key, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        return DeleteAsync([key], cancellationToken);
    }

    public override async Task DeleteAsync(IEnumerable<TKey> keys, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(keys);
        await RequireAsync().ConfigureAwait(false);
        foreach (TKey key in keys)
        {
            cancellationToken.ThrowIfCancellationRequested();
            RedisValue element = Element(key);
            foreach (VectorPropertyModel property in shape.Model.VectorProperties)
            {
                await store.Database.ExecuteAsync("VREM", store.IndexOf(name, property.StorageName), element).ConfigureAwait(false);
                await store.Database.HashDeleteAsync(store.VectorsOf(name, property.StorageName), element).ConfigureAwait(false);
            }

            await store.Database.HashDeleteAsync(store.RecordsOf(name), element).ConfigureAwait(false);
        }
    }

    public override Task UpsertAsync(TRecord record, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(record);
        return UpsertAsync([record], cancellationToken);
    }

    public override async Task UpsertAsync(IEnumerable<TRecord> records, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(records);
        await RequireAsync().ConfigureAwait(false);
        IReadOnlyList<TRecord> list = [.. records];
        ReadOnlyMemory<float>?[][] vectors = await shape.VectorsOfAsync(list, cancellationToken).ConfigureAwait(false);
        List<Task> pending = [];
        for (int i = 0; i < list.Count; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            RedisValue element = Element(shape.KeyOf(list[i]));
            // The record first: an index entry without a record is skipped by a search, a record is never lost.
            pending.Add(store.Database.HashSetAsync(store.RecordsOf(name), element, RecordJson.Write(shape, list[i])));
            for (int v = 0; v < vectors.Length; v++)
            {
                Write(pending, shape.Model.VectorProperties[v], element, list[i], vectors[v][i]);
            }

            if (pending.Count >= PageSize)
            {
                await FlushAsync(pending).ConfigureAwait(false);
            }
        }

        await FlushAsync(pending).ConfigureAwait(false);
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
        await RequireAsync().ConfigureAwait(false);
        int wanted = HybridDepth.Reach(top, options.Skip);
        List<(TRecord Record, RedisValue Element, float Score)> found = await IndexedAsync(property, query, wanted, options.Filter).ConfigureAwait(false)
            ?? await ScannedAsync(property, query, options.Filter, cancellationToken).ConfigureAwait(false);
        bool higher = VectorDistance.HigherIsBetter(VectorDistance.Of(property));
        foreach ((TRecord record, RedisValue element, float score) in (higher ? found.OrderByDescending(hit => hit.Score) : found.OrderBy(hit => hit.Score)).Skip(options.Skip).Take(top))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (options.ScoreThreshold is not { } threshold || (higher ? score >= threshold : score <= threshold))
            {
                yield return new VectorSearchResult<TRecord>(await WithVectorsAsync(element, record, options.IncludeVectors).ConfigureAwait(false), score);
            }
        }
    }

    public override object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is not null ? null
            : serviceType == typeof(VectorStoreCollectionMetadata) ? _metadata
            : serviceType.IsInstanceOfType(this) ? this : null;
    }

    private static async Task FlushAsync(List<Task> pending)
    {
        await Task.WhenAll(pending).ConfigureAwait(false);
        pending.Clear();
    }

    private static RedisValue Element(object key) => key as string ?? JsonSerializer.Serialize(key, key.GetType());

    private void Write(List<Task> pending, VectorPropertyModel property, RedisValue element, TRecord record, ReadOnlyMemory<float>? vector)
    {
        RedisKey index = store.IndexOf(name, property.StorageName);
        RedisKey vectors = store.VectorsOf(name, property.StorageName);
        // Removed first: not every server replaces the vector of an element it knows.
        pending.Add(store.Database.ExecuteAsync("VREM", index, element));
        if (vector is not { } some)
        {
            pending.Add(store.Database.HashDeleteAsync(vectors, element));
            return;
        }

        pending.Add(store.Database.HashSetAsync(vectors, element, Bytes(some.Span)));
        pending.Add(store.Database.ExecuteAsync("VADD", index, "FP32", Bytes(Unit(some.Span)), element, "NOQUANT", "SETATTR", RedisFilter.Attributes(shape, record)));
    }

    // Of length 1, so that servers that order by Euclidean distance order by cosine.
    private static float[] Unit(ReadOnlySpan<float> vector)
    {
        float[] unit = vector.ToArray();
        TensorPrimitives.Multiply(unit, VectorDistance.InverseNorm(vector), unit);
        return unit;
    }

    private static byte[] Bytes(ReadOnlySpan<float> vector) => MemoryMarshal.AsBytes(vector).ToArray();

    // Null when the server's answer may lack records: the filter is beyond its language, or it found fewer than asked for.
    private async Task<List<(TRecord Record, RedisValue Element, float Score)>?> IndexedAsync(VectorPropertyModel property, ReadOnlyMemory<float> query, int wanted, LambdaExpression? filter)
    {
        string? expression = filter is null ? "" : RedisFilter.Write(RecordFilterReader.Read(filter, shape.Model));
        if (expression is null || UsesUnindexed(filter))
        {
            return null;
        }

        int count = (int)Math.Min(int.MaxValue, Math.Max(LeastCandidates, (long)wanted * CandidatesPerResult));
        List<object> arguments = [store.IndexOf(name, property.StorageName), "FP32", Bytes(Unit(query.Span)), "COUNT", count.ToString(CultureInfo.InvariantCulture)];
        if (expression.Length > 0)
        {
            arguments.AddRange(["FILTER", expression]);
        }

        RedisResult answer;
        try
        {
            answer = await store.Database.ExecuteAsync("VSIM", arguments).ConfigureAwait(false);
        }
        catch (RedisServerException) when (expression.Length > 0)
        {
            return null; // a server whose filters know less; the scan below is right everywhere
        }

        RedisValue[] elements = (RedisValue[]?)answer ?? [];
        if (elements.Length < wanted)
        {
            return null;
        }

        RedisValue[] records = await store.Database.HashGetAsync(store.RecordsOf(name), elements).ConfigureAwait(false);
        RedisValue[] vectors = await store.Database.HashGetAsync(store.VectorsOf(name, property.StorageName), elements).ConfigureAwait(false);
        Func<TRecord, bool>? accept = ((Expression<Func<TRecord, bool>>?)filter)?.Compile();
        List<(TRecord Record, RedisValue Element, float Score)> found = [];
        for (int i = 0; i < elements.Length; i++)
        {
            // Checked again: an attribute may be older than the record.
            if (!records[i].IsNull && !vectors[i].IsNull && Parse(records[i]) is { } record && accept?.Invoke(record) != false)
            {
                found.Add((record, elements[i], Score(property, query.Span, vectors[i])));
            }
        }

        return found.Count < wanted ? null : found;
    }

    private async Task<List<(TRecord Record, RedisValue Element, float Score)>> ScannedAsync(
        VectorPropertyModel property, ReadOnlyMemory<float> query, LambdaExpression? filter, CancellationToken cancellationToken)
    {
        List<(RedisValue Element, TRecord Record)> records = await MatchingAsync((Expression<Func<TRecord, bool>>?)filter, cancellationToken).ConfigureAwait(false);
        List<(TRecord Record, RedisValue Element, float Score)> found = [];
        foreach ((RedisValue Element, TRecord Record)[] page in records.Chunk(PageSize))
        {
            RedisValue[] vectors = await store.Database.HashGetAsync(store.VectorsOf(name, property.StorageName), [.. page.Select(item => item.Element)]).ConfigureAwait(false);
            found.AddRange(page.Index().Where(item => !vectors[item.Index].IsNull)
                .Select(item => (item.Item.Record, item.Item.Element, Score(property, query.Span, vectors[item.Index]))));
        }

        return found;
    }

    private bool UsesUnindexed(LambdaExpression? filter)
    {
        return filter is not null && Uses(RecordFilterReader.Read(filter, shape.Model));

        static bool Uses(RecordFilter node) => node switch
        {
            RecordFilter.And and => Uses(and.Left) || Uses(and.Right),
            RecordFilter.Or or => Uses(or.Left) || Uses(or.Right),
            RecordFilter.Not not => Uses(not.Inner),
            RecordFilter.Compare compare => compare.Property is DataPropertyModel { IsIndexed: false },
            RecordFilter.In some => some.Property is DataPropertyModel { IsIndexed: false },
            _ => true,
        };
    }

    private async Task<List<(RedisValue Element, TRecord Record)>> MatchingAsync(Expression<Func<TRecord, bool>>? filter, CancellationToken cancellationToken)
    {
        await RequireAsync().ConfigureAwait(false);
        Func<TRecord, bool>? accept = filter?.Compile();
        Dictionary<RedisValue, TRecord> records = []; // a scan may give an entry twice
        await foreach (HashEntry entry in store.Database.HashScanAsync(store.RecordsOf(name), pageSize: PageSize).WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            if (Parse(entry.Value) is { } record && accept?.Invoke(record) != false)
            {
                records[entry.Name] = record;
            }
        }

        return [.. records.Select(pair => (pair.Key, pair.Value))];
    }

    private static float Score(VectorPropertyModel property, ReadOnlySpan<float> query, RedisValue stored)
    {
        ReadOnlySpan<float> vector = MemoryMarshal.Cast<byte, float>((byte[])stored!);
        return VectorDistance.Score(VectorDistance.Of(property), query, vector, VectorDistance.InverseNorm(query) * VectorDistance.InverseNorm(vector));
    }

    private TRecord Parse(RedisValue json) => (TRecord)RecordJson.Read((byte[])json!, shape, _properties);

    private async Task<TRecord> WithVectorsAsync(RedisValue element, TRecord record, bool includeVectors)
    {
        foreach (VectorPropertyModel property in includeVectors ? shape.Model.VectorProperties.Where(property => RecordModelBuilder.IsVector(property.Type)) : [])
        {
            if ((byte[]?)await store.Database.HashGetAsync(store.VectorsOf(name, property.StorageName), element).ConfigureAwait(false) is { } bytes)
            {
                RecordShape.SetVector(property, record, MemoryMarshal.Cast<byte, float>(bytes).ToArray());
            }
        }

        return record;
    }

    private async Task RequireAsync()
    {
        if (!await store.CollectionExistsAsync(name).ConfigureAwait(false))
        {
            throw new VectorStoreException($"The collection '{name}' does not exist. Call EnsureCollectionExistsAsync first.")
            {
                VectorStoreSystemName = _metadata.VectorStoreSystemName,
                CollectionName = name,
            };
        }
    }
}
