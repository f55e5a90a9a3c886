using Gemma4.Retrieval.Stores;
using Microsoft.Extensions.VectorData;
using Xunit;

namespace Gemma4.Retrieval.Tests;

public class EmbeddingPurposeTests
{
    [Theory]
    [InlineData(4, null)]
    [InlineData(8, 4)]
    public async Task A_store_that_embeds_says_what_for_and_how_long(int modelDimensions, int? asked)
    {
        using PurposeRecorder generator = new(modelDimensions);
        using InMemoryVectorStore store = new(new InMemoryVectorStoreOptions { EmbeddingGenerator = generator });
        VectorStoreCollection<object, Dictionary<string, object?>> collection = store.GetDynamicCollection("c", new VectorStoreCollectionDefinition
        {
            Properties = [new VectorStoreKeyProperty("Key", typeof(string)), new VectorStoreVectorProperty("Text", typeof(string), 4)],
        });
        await collection.EnsureCollectionExistsAsync();
        await collection.UpsertAsync(new Dictionary<string, object?> { ["Key"] = "k", ["Text"] = "stored" });

        Assert.Equal("k", (await collection.SearchAsync("asked", 1).SingleAsync()).Record["Key"]);
        Assert.Equal([("stored", "document", asked), ("asked", "query", asked)], generator.Seen);
    }
}
