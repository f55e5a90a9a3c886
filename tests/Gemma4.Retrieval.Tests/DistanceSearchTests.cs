using Gemma4.Retrieval.Sqlite;
using Gemma4.Retrieval.Stores;
using Microsoft.Extensions.VectorData;
using Xunit;

namespace Gemma4.Retrieval.Tests;

public sealed class DistanceSearchTests : IDisposable
{
    // From the query (2, 0): the same, twice as long, across, against.
    private static readonly (string Key, float[] Vector)[] Records = [("same", [2, 0]), ("long", [4, 0]), ("across", [0, 2]), ("against", [-2, 1])];

    private readonly string _folder = Directory.CreateTempSubdirectory("gemma4-distance").FullName;

    public static TheoryData<string, string, string[], double[]> Cases => Of("memory", "memory without copies", "sqlite");

    public static TheoryData<string, string, string[], double[]> VecCases => Of("sqlite-vec");

    private static TheoryData<string, string, string[], double[]> Of(params string[] stores)
    {
        TheoryData<string, string, string[], double[]> cases = [];
        foreach (string store in stores)
        {
            cases.Add(store, DistanceFunction.CosineSimilarity, ["same", "long", "across", "against"], [1, 1, 0, -0.894427]);
            cases.Add(store, DistanceFunction.CosineDistance, ["same", "long", "across", "against"], [0, 0, 1, 1.894427]);
            cases.Add(store, DistanceFunction.DotProductSimilarity, ["long", "same", "across", "against"], [8, 4, 0, -4]);
            cases.Add(store, DistanceFunction.NegativeDotProductSimilarity, ["long", "same", "across", "against"], [-8, -4, 0, 4]);
            cases.Add(store, DistanceFunction.EuclideanDistance, ["same", "long", "across", "against"], [0, 2, 2.828427, 4.123106]);
            cases.Add(store, DistanceFunction.EuclideanSquaredDistance, ["same", "long", "across", "against"], [0, 4, 8, 17]);
            cases.Add(store, DistanceFunction.ManhattanDistance, ["same", "long", "across", "against"], [0, 2, 4, 5]);
            cases.Add(store, DistanceFunction.HammingDistance, ["same", "long", "across", "against"], [0, 1, 2, 2]);
        }

        return cases;
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [SqliteVecTheory]
    [MemberData(nameof(VecCases))]
    public Task Each_function_orders_by_its_own_scale_with_sqlite_vec(string kind, string function, string[] keys, double[] scores) =>
        Each_function_orders_and_cuts_by_its_own_scale(kind, function, keys, scores);

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Each_function_orders_and_cuts_by_its_own_scale(string kind, string function, string[] keys, double[] scores)
    {
        string path = Path.Combine(_folder, "x.db");
        using VectorStore store = kind switch
        {
            "memory" or "memory without copies" => new InMemoryVectorStore(),
            "sqlite" => new SqliteVectorStore(path),
            _ => new SqliteVectorStore(path, new SqliteVectorStoreOptions { VectorExtension = SqliteVecLibrary.Path.Value }),
        };
        VectorStoreCollection<object, Dictionary<string, object?>> collection = store.GetDynamicCollection("c", new VectorStoreCollectionDefinition
        {
            Properties = [new VectorStoreKeyProperty("Key", typeof(string)), new VectorStoreVectorProperty("Vector", typeof(ReadOnlyMemory<float>), 2) { DistanceFunction = function, IndexKind = kind == "memory without copies" ? IndexKind.Flat : null }],
        });
        await collection.EnsureCollectionExistsAsync();
        await collection.UpsertAsync(Records.Select(record => new Dictionary<string, object?> { ["Key"] = record.Key, ["Vector"] = (ReadOnlyMemory<float>)record.Vector }));
        ReadOnlyMemory<float> query = new float[] { 2, 0 };

        List<VectorSearchResult<Dictionary<string, object?>>> all = await collection.SearchAsync(query, 10).ToListAsync();
        List<VectorSearchResult<Dictionary<string, object?>>> near = await collection.SearchAsync(query, 10, new VectorSearchOptions<Dictionary<string, object?>> { ScoreThreshold = scores[1] }).ToListAsync();

        Assert.Equal(keys, all.Select(result => (string)result.Record["Key"]!));
        Assert.Equal(scores, all.Select(result => result.Score!.Value), (a, b) => Math.Abs(a - b) < 1e-5);
        Assert.Equal(2, near.Count);
    }
}
