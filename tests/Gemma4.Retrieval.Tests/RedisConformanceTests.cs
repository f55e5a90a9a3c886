using Gemma4.Retrieval.Redis;
using Gemma4.Testing;
using Microsoft.Extensions.VectorData;
using Xunit;

namespace Gemma4.Retrieval.Tests;

public sealed class RedisConformanceTests(GarnetServer server) : VectorStoreConformance, IClassFixture<GarnetServer>
{
    public static TheoryData<string> Cases => [.. Behaviours];

    protected override bool SupportsHybridSearch => false;

    [GarnetTheory]
    [MemberData(nameof(Cases))]
    public Task It_conforms(string behaviour) => RunAsync(behaviour);

    protected override Task<VectorStore> CreateStoreAsync() => Task.FromResult<VectorStore>(new RedisVectorStore(server.Connection!));
}
