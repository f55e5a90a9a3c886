using System.Linq.Expressions;
using Gemma4.Retrieval.Search;
using Gemma4.Retrieval.Stores;
using Gemma4.Testing;
using Microsoft.Extensions.VectorData;
using Xunit;

namespace Gemma4.Retrieval.Tests;

public class RowFilterTests
{
    private static readonly string?[] Tags = ["red", "green", "blue", null];

    public static TheoryData<int> Filters => [.. Enumerable.Range(0, 14)];

    [Theory]
    [MemberData(nameof(Filters))]
    public void A_filter_selects_what_the_language_would(int number)
    {
        string tag = "green";
        string? none = null;
        Expression<Func<VectorStoreRecord, bool>>[] filters =
        [
            r => r.Tag == "red",
            r => r.Tag == tag && r.Number > 3,
            r => r.Number > 3 && r.Tag == tag && r.Flag,
            r => r.Tag == none,
            r => r.Tag != null && r.Tag.Length == 4 && r.Flag == true,
            r => r.Flag,
            r => !r.Flag,
            r => r.Weight == 2.0 && r.Number == 4,
            r => r.Number == 4 && r.Number == 5,
            r => r.Tag == "red" || r.Number == 4,
            r => r.Tag == "nobody",
            r => "red" == r.Tag && 2 == r.Number,
            r => r.Number == 4L,
            r => true,
        ];
        RecordShape shape = RecordShape.Of<string, VectorStoreRecord>(null, null);
        InMemoryTable table = new(shape, TextAnalyzer.English);
        Random random = new(2);
        for (int i = 0; i < 500; i++)
        {
            VectorStoreRecord record = new() { Key = $"{random.Next(300)}", Tag = Tags[random.Next(Tags.Length)], Number = random.Next(8), Weight = random.Next(4), Flag = random.Next(2) == 0 };
            if (random.Next(5) == 0)
            {
                table.Remove(record.Key);
            }
            else
            {
                table.Set(record.Key, record, _ => null);
            }
        }

        RowMask mask = new RowFilter<VectorStoreRecord>(filters[number], shape).Select(table);

        Func<VectorStoreRecord, bool> accept = filters[number].Compile();
        int[] expected = [.. Enumerable.Range(0, table.Records.Count).Where(row => table.Records[row] is VectorStoreRecord record && accept(record))];
        Assert.Equal(expected, mask.Rows);
        Assert.Equal(expected.Length, mask.Count);
        Assert.All(Enumerable.Range(0, table.Records.Count), row => Assert.Equal(expected.Contains(row), mask[row]));
    }

    [Fact]
    public async Task A_collection_made_without_an_index_is_filtered_all_the_same()
    {
        using InMemoryVectorStore store = new();
        VectorStoreCollection<string, VectorStoreRecord> plain = store.GetCollection<string, VectorStoreRecord>("c", new VectorStoreCollectionDefinition
        {
            Properties = [new VectorStoreKeyProperty("Key", typeof(string)), new VectorStoreDataProperty("Tag", typeof(string)), new VectorStoreVectorProperty("Vector", typeof(ReadOnlyMemory<float>), 2)],
        });
        await plain.EnsureCollectionExistsAsync();
        await plain.UpsertAsync(new VectorStoreRecord { Key = "a", Tag = "red", Vector = new float[] { 1, 0 } });
        await plain.UpsertAsync(new VectorStoreRecord { Key = "b", Tag = "blue", Vector = new float[] { 1, 0 } });

        VectorStoreCollection<string, VectorStoreRecord> indexed = store.GetCollection<string, VectorStoreRecord>("c");

        Assert.Equal("b", (await indexed.GetAsync(r => r.Tag == "blue", 10).SingleAsync()).Key);
    }

    [Fact]
    public async Task A_filter_on_what_is_not_kept_is_refused_and_a_computed_property_works()
    {
        using InMemoryVectorStore store = new();
        VectorStoreCollection<string, Noted> collection = store.GetCollection<string, Noted>("c");
        await collection.EnsureCollectionExistsAsync();
        await collection.UpsertAsync([new Noted { Key = "a", Text = "long enough", Draft = "x", Vector = new float[] { 1, 0 } }, new Noted { Key = "b", Text = "no", Vector = new float[] { 1, 0 } }]);

        Assert.Contains("'Draft'", (await Assert.ThrowsAsync<InvalidOperationException>(async () => await collection.GetAsync(r => r.Draft == "x", 10).ToListAsync())).Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await collection.GetAsync(r => r.Draft!.Length > 0, 10).ToListAsync());
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await collection.GetAsync(r => r.Vector.Length > 0, 10).ToListAsync());
        Assert.Equal("a", (await collection.GetAsync(r => r.IsLong, 10).SingleAsync()).Key);
    }

    public sealed class Noted
    {
        [VectorStoreKey]
        public string Key { get; set; } = "";

        [VectorStoreData]
        public string Text { get; set; } = "";

        [VectorStoreVector(2)]
        public ReadOnlyMemory<float> Vector { get; set; }

        public string? Draft { get; set; }

        public bool IsLong => Text.Length > 5;
    }
}
