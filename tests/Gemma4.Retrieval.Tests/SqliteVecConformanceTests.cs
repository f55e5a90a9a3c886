using Gemma4.Retrieval.Sqlite;
using Gemma4.Testing;
using Microsoft.Extensions.VectorData;
using Xunit;

namespace Gemma4.Retrieval.Tests;

public sealed class SqliteVecConformanceTests : VectorStoreConformance, IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("gemma4-sqlite-vec").FullName;

    public static TheoryData<string> Cases => [.. Behaviours];

    [SqliteVecTheory]
    [MemberData(nameof(Cases))]
    public Task It_conforms(string behaviour) => RunAsync(behaviour);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    protected override Task<VectorStore> CreateStoreAsync() =>
        Task.FromResult<VectorStore>(new SqliteVectorStore(Path.Combine(_folder, "store.db"), new SqliteVectorStoreOptions { VectorExtension = SqliteVecLibrary.Path.Value }));
}
