using Gemma4.Retrieval.Stores;
using Gemma4.Testing;
using Microsoft.Extensions.VectorData;
using Xunit;

namespace Gemma4.Retrieval.Tests;

public class InMemoryConformanceTests : VectorStoreConformance
{
    public static TheoryData<string> Cases => [.. Behaviours];

    [Theory]
    [MemberData(nameof(Cases))]
    public Task It_conforms(string behaviour) => RunAsync(behaviour);

    protected override Task<VectorStore> CreateStoreAsync() => Task.FromResult<VectorStore>(new InMemoryVectorStore());
}
