using System.Diagnostics;
using System.Globalization;
using Gemma4.Retrieval.Sqlite;
using Gemma4.Retrieval.Stores;
using Microsoft.Extensions.VectorData;
using Xunit;

namespace Gemma4.Retrieval.Tests;

public sealed class DurabilityTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("gemma4-durability").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(1)]
    [InlineData(40)]
    public async Task A_process_killed_during_ingestion_loses_no_document_that_it_reported(int after)
    {
        string path = Path.Combine(_folder, "x.db");
        ProcessStartInfo start = new("dotnet") { RedirectStandardOutput = true };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "Gemma4.RetrievalProbe.dll"));
        start.ArgumentList.Add(path);
        using Process probe = Process.Start(start)!;
        int last = -1;
        while (last < after && await probe.StandardOutput.ReadLineAsync() is { } line)
        {
            last = int.Parse(line, CultureInfo.InvariantCulture);
        }

        // On Unix this is SIGKILL: nothing of the process runs any more.
        probe.Kill();
        await probe.WaitForExitAsync();
        while (await probe.StandardOutput.ReadLineAsync() is { } line && int.TryParse(line, CultureInfo.InvariantCulture, out int more))
        {
            last = Math.Max(last, more);
        }

        Assert.True(last >= after);
        using SqliteVectorStore store = new(path);
        using VectorStoreCollection<string, DocumentChunk> collection = store.GetCollection<string, DocumentChunk>("d", DocumentChunk.Definition(128));
        HashSet<string> stored = [.. await collection.GetAsync(chunk => true, int.MaxValue).Select(chunk => chunk.DocumentId).ToListAsync()];
        Assert.All(Enumerable.Range(0, last + 1), i => Assert.Contains($"{i}.md", stored));
        Assert.InRange(stored.Count, last + 1, int.MaxValue);
    }

    [Theory]
    [InlineData("a", "b")]
    [InlineData("b", "a")]
    public async Task A_collection_not_yet_read_outlives_a_save_onto_its_own_file(string touched, string unread)
    {
        string path = Path.Combine(_folder, "two.bin");
        using (InMemoryVectorStore store = new())
        {
            await Fill(store, "a", 5);
            await Fill(store, "b", 5);
            await store.SaveAsync(path);
        }

        using (InMemoryVectorStore loaded = await InMemoryVectorStore.LoadAsync(path))
        {
            await Fill(loaded, touched, 50);
            await loaded.SaveAsync(path);
            Assert.Equal(5, await Count(loaded, unread));
        }

        using InMemoryVectorStore again = await InMemoryVectorStore.LoadAsync(path);
        Assert.Equal((50, 5), (await Count(again, touched), await Count(again, unread)));

        static async Task Fill(InMemoryVectorStore store, string name, int records)
        {
            VectorStoreCollection<string, DocumentChunk> collection = store.GetCollection<string, DocumentChunk>(name, DocumentChunk.Definition(2));
            await collection.EnsureCollectionExistsAsync();
            await collection.UpsertAsync(Enumerable.Range(0, records).Select(i => new DocumentChunk { Key = $"{name}{i}", Text = $"text {i} of {name}", Embedding = new float[] { i, 1 } }));
        }

        static async Task<int> Count(InMemoryVectorStore store, string name) =>
            await store.GetCollection<string, DocumentChunk>(name, DocumentChunk.Definition(2)).GetAsync(chunk => chunk.Text.Contains(name), 1000).CountAsync();
    }

    [Fact]
    public async Task A_snapshot_comes_back_as_it_was_and_a_cut_one_is_refused()
    {
        string path = Path.Combine(_folder, "s.bin");
        using InMemoryVectorStore store = new();
        using VectorStoreCollection<string, DocumentChunk> collection = store.GetCollection<string, DocumentChunk>("d", DocumentChunk.Definition(2));
        await collection.EnsureCollectionExistsAsync();
        await collection.UpsertAsync(new DocumentChunk { Key = "a", Text = "Überraschung", Page = 7, Embedding = new float[] { 0.6f, 0.8f } });
        await store.SaveAsync(path);

        using (InMemoryVectorStore loaded = await InMemoryVectorStore.LoadAsync(path))
        using (VectorStoreCollection<string, DocumentChunk> back = loaded.GetCollection<string, DocumentChunk>("d", DocumentChunk.Definition(2)))
        {
            DocumentChunk? chunk = await back.GetAsync("a", new RecordRetrievalOptions { IncludeVectors = true });
            Assert.Equal(("Überraschung", 7), (chunk!.Text, chunk.Page));
            Assert.Equal([0.6f, 0.8f], chunk.Embedding.ToArray());
        }

        byte[] whole = await File.ReadAllBytesAsync(path);
        for (int length = 0; length < whole.Length; length++)
        {
            await File.WriteAllBytesAsync(path, whole[..length]);
            await Assert.ThrowsAsync<InvalidDataException>(() => InMemoryVectorStore.LoadAsync(path));
        }
    }

    [Fact]
    public async Task No_byte_of_a_snapshot_can_change_unnoticed()
    {
        string path = Path.Combine(_folder, "s.bin");
        using InMemoryVectorStore store = new();
        using VectorStoreCollection<string, DocumentChunk> collection = store.GetCollection<string, DocumentChunk>("d", DocumentChunk.Definition(2));
        await collection.EnsureCollectionExistsAsync();
        await collection.UpsertAsync(new DocumentChunk { Key = "a", Text = "text", Embedding = new float[] { 0.6f, 0.8f } });
        await store.SaveAsync(path);
        byte[] whole = await File.ReadAllBytesAsync(path);

        for (int at = 0; at < whole.Length; at++)
        {
            byte[] changed = [.. whole];
            changed[at] ^= 0x10;
            await File.WriteAllBytesAsync(path, changed);
            InvalidDataException refused = await Assert.ThrowsAsync<InvalidDataException>(() => InMemoryVectorStore.LoadAsync(path));
            Assert.Contains(path, refused.Message, StringComparison.Ordinal);
        }

        await File.WriteAllBytesAsync(path, [.. whole, 0]);
        await Assert.ThrowsAsync<InvalidDataException>(() => InMemoryVectorStore.LoadAsync(path));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Vectors_of_many_blocks_come_back_to_their_records(bool someMissing)
    {
        const int Records = 9000;
        string path = Path.Combine(_folder, "many.bin");
        VectorStoreCollectionDefinition definition = new()
        {
            Properties = [new VectorStoreKeyProperty("Key", typeof(int)), new VectorStoreVectorProperty("Vector", typeof(ReadOnlyMemory<float>?), 3)],
        };
        static ReadOnlyMemory<float> Vector(int key) => new float[] { key, 1, -key };
        ReadOnlyMemory<float>? Of(int key) => someMissing && key % 5 == 0 ? (ReadOnlyMemory<float>?)null : Vector(key); // a bare null would become an empty vector
        using InMemoryVectorStore store = new();
        var collection = store.GetDynamicCollection("c", definition);
        await collection.EnsureCollectionExistsAsync();
        await collection.UpsertAsync(Enumerable.Range(0, Records).Select(key => new Dictionary<string, object?> { ["Key"] = key, ["Vector"] = Of(key) }));
        await collection.DeleteAsync(Enumerable.Range(4090, 20).Select(key => (object)key));
        await store.SaveAsync(path);

        using InMemoryVectorStore loaded = await InMemoryVectorStore.LoadAsync(path);
        var back = loaded.GetDynamicCollection("c", definition);

        List<Dictionary<string, object?>> records = await back.GetAsync(r => true, Records, new FilteredRecordRetrievalOptions<Dictionary<string, object?>> { IncludeVectors = true }).ToListAsync();
        Assert.Equal(Records - 20, records.Count);
        Assert.All(records, record => Assert.Equal(Of((int)record["Key"]!)?.ToArray(), ((ReadOnlyMemory<float>?)record.GetValueOrDefault("Vector"))?.ToArray()));
    }

    [Fact]
    public async Task A_snapshot_of_other_records_is_refused_when_it_is_read()
    {
        string path = Path.Combine(_folder, "other.bin");
        static VectorStoreCollectionDefinition Definition(Type type) => new() { Properties = [new VectorStoreKeyProperty("Key", typeof(string)), new VectorStoreDataProperty("Value", type)] };
        using InMemoryVectorStore store = new();
        var collection = store.GetDynamicCollection("c", Definition(typeof(string)));
        await collection.EnsureCollectionExistsAsync();
        await collection.UpsertAsync(new Dictionary<string, object?> { ["Key"] = "k", ["Value"] = "no number" });
        await store.SaveAsync(path);

        using InMemoryVectorStore loaded = await InMemoryVectorStore.LoadAsync(path);

        InvalidDataException refused = await Assert.ThrowsAsync<InvalidDataException>(() => loaded.GetDynamicCollection("c", Definition(typeof(int))).GetAsync("k"));
        Assert.Contains("'c'", refused.Message, StringComparison.Ordinal);
    }
}
