using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.VectorData;

namespace Gemma4.Testing;

/// <summary>
/// What every vector store must do by the abstraction's documentation. Derive it, and run each of <see cref="Behaviours"/> as
/// one case of a parameterised test in any test framework. A violation is a <see cref="ConformanceException"/>.
/// </summary>
/// <remarks>Each behaviour uses a collection of its own and deletes it.</remarks>
[SuppressMessage("Naming", "CA1707", Justification = "The names are sentences, as in a test.")]
[SuppressMessage("Globalization", "CA1307", Justification = "A filter is an expression that stores translate; it compares ordinally.")]
[SuppressMessage("Performance", "CA1822", Justification = "A behaviour belongs to the suite, whether it uses the store's tolerance or not.")]
[UnconditionalSuppressMessage("Trimming", "IL2026", Justification = "The suite runs in tests, which are not trimmed; its one record type is kept by its use here.")]
[UnconditionalSuppressMessage("AOT", "IL3050", Justification = "The suite runs in tests, which are not compiled ahead of time.")]
public abstract class VectorStoreConformance
{
    private static readonly Dictionary<string, Func<VectorStoreConformance, VectorStore, Task>> All = new(StringComparer.Ordinal)
    {
        [nameof(A_collection_is_made_listed_and_deleted)] = (s, store) => s.A_collection_is_made_listed_and_deleted(store),
        [nameof(Making_and_deleting_twice_is_harmless)] = (s, store) => s.Making_and_deleting_twice_is_harmless(store),
        [nameof(A_record_comes_back_as_it_was)] = (s, store) => s.A_record_comes_back_as_it_was(store),
        [nameof(Vectors_come_only_when_asked_for)] = (s, store) => s.Vectors_come_only_when_asked_for(store),
        [nameof(An_unknown_key_is_null)] = (s, store) => s.An_unknown_key_is_null(store),
        [nameof(Upsert_replaces_the_whole_record)] = (s, store) => s.Upsert_replaces_the_whole_record(store),
        [nameof(Several_keys_give_those_that_exist)] = (s, store) => s.Several_keys_give_those_that_exist(store),
        [nameof(Deleted_records_are_gone_and_unknown_keys_ignored)] = (s, store) => s.Deleted_records_are_gone_and_unknown_keys_ignored(store),
        [nameof(Nulls_are_kept)] = (s, store) => s.Nulls_are_kept(store),
        [nameof(The_nearest_come_first_with_their_scores)] = (s, store) => s.The_nearest_come_first_with_their_scores(store),
        [nameof(Top_and_skip_cut_the_results)] = (s, store) => s.Top_and_skip_cut_the_results(store),
        [nameof(A_threshold_drops_the_far_ones)] = (s, store) => s.A_threshold_drops_the_far_ones(store),
        [nameof(Search_obeys_filters)] = (s, store) => s.Search_obeys_filters(store),
        [nameof(A_filter_finds_even_the_farthest_record)] = (s, store) => s.A_filter_finds_even_the_farthest_record(store),
        [nameof(Filters_with_captured_variables_and_contains_work)] = (s, store) => s.Filters_with_captured_variables_and_contains_work(store),
        [nameof(Records_are_listed_by_filter_in_order)] = (s, store) => s.Records_are_listed_by_filter_in_order(store),
        [nameof(A_quote_in_a_value_is_only_text)] = (s, store) => s.A_quote_in_a_value_is_only_text(store),
        [nameof(A_dynamic_collection_holds_dictionaries)] = (s, store) => s.A_dynamic_collection_holds_dictionaries(store),
        [nameof(Hybrid_search_joins_words_and_vectors)] = (s, store) => s.Hybrid_search_joins_words_and_vectors(store),
        [nameof(Wrong_arguments_are_refused)] = (s, store) => s.Wrong_arguments_are_refused(store),
        [nameof(A_missing_collection_is_an_error)] = (s, store) => s.A_missing_collection_is_an_error(store),
        [nameof(Metadata_names_the_store_and_the_collection)] = (s, store) => s.Metadata_names_the_store_and_the_collection(store),
    };

    /// <summary>The names of all behaviours, to feed a parameterised test.</summary>
    public static IEnumerable<string> Behaviours => All.Keys;

    /// <summary>Whether collections can do hybrid search; a store that cannot must not implement it.</summary>
    protected virtual bool SupportsHybridSearch => true;

    /// <summary>How far a score may be from the exact one; 1e-5 by default. Stores that quantise need more.</summary>
    protected virtual double ScoreTolerance => 1e-5;

    /// <summary>Runs one behaviour.</summary>
    /// <param name="behaviour">One of <see cref="Behaviours"/>.</param>
    /// <exception cref="ConformanceException">The store does something else.</exception>
    /// <exception cref="ArgumentException">There is no such behaviour.</exception>
    public async Task RunAsync(string behaviour)
    {
        ArgumentNullException.ThrowIfNull(behaviour);
        if (!All.TryGetValue(behaviour, out var run))
        {
            throw new ArgumentException($"There is no behaviour '{behaviour}'. There are: {string.Join(", ", All.Keys)}.", nameof(behaviour));
        }

        using var store = await CreateStoreAsync().ConfigureAwait(false);
        await store.EnsureCollectionDeletedAsync(Name).ConfigureAwait(false);
        await run(this, store).ConfigureAwait(false);
        await store.EnsureCollectionDeletedAsync(Name).ConfigureAwait(false);
    }

    /// <summary>Makes a store; it is disposed after one behaviour.</summary>
    protected abstract Task<VectorStore> CreateStoreAsync();

    private const string Name = "conformance";

    private async Task A_collection_is_made_listed_and_deleted(VectorStore store)
    {
        var collection = store.GetCollection<string, VectorStoreRecord>(Name);
        Expect.True(!await collection.CollectionExistsAsync().ConfigureAwait(false), "A collection must not exist before it is made.");
        await collection.EnsureCollectionExistsAsync().ConfigureAwait(false);
        Expect.True(await collection.CollectionExistsAsync().ConfigureAwait(false) && await store.CollectionExistsAsync(Name).ConfigureAwait(false), "A collection that was made must exist.");
        Expect.True((await store.ListCollectionNamesAsync().ToListAsync().ConfigureAwait(false)).Contains(Name), "A collection that was made must be listed.");
        await collection.EnsureCollectionDeletedAsync().ConfigureAwait(false);
        Expect.True(!await store.CollectionExistsAsync(Name).ConfigureAwait(false), "A deleted collection must not exist.");
    }

    private async Task Making_and_deleting_twice_is_harmless(VectorStore store)
    {
        var collection = await FilledAsync(store).ConfigureAwait(false);
        await collection.EnsureCollectionExistsAsync().ConfigureAwait(false);
        Expect.True(await collection.GetAsync("a").ConfigureAwait(false) is not null, "Making a collection again must keep its records.");
        await collection.EnsureCollectionDeletedAsync().ConfigureAwait(false);
        await collection.EnsureCollectionDeletedAsync().ConfigureAwait(false);
        await collection.EnsureCollectionExistsAsync().ConfigureAwait(false);
        Expect.True(await collection.GetAsync("a").ConfigureAwait(false) is null, "A collection that was deleted and made again must be empty.");
    }

    private async Task A_record_comes_back_as_it_was(VectorStore store)
    {
        var collection = await FilledAsync(store).ConfigureAwait(false);
        var record = await collection.GetAsync("b").ConfigureAwait(false);
        Expect.True(record is { Key: "b", Text: "a dog sleeps", Tag: "animal", Number: 2, Weight: 2.5, Flag: true }, $"The record must come back as it was; it is {record}.");
    }

    private async Task Vectors_come_only_when_asked_for(VectorStore store)
    {
        var collection = await FilledAsync(store).ConfigureAwait(false);
        var without = await collection.GetAsync("a").ConfigureAwait(false);
        var with = await collection.GetAsync("a", new RecordRetrievalOptions { IncludeVectors = true }).ConfigureAwait(false);
        Expect.Equal(0, without!.Vector.Length, "The length of a vector that was not asked for");
        Expect.True(Math.Abs(with!.Vector.Span[0] - 1) < ScoreTolerance && with.Vector.Length == 4, "A vector must come back as it was.");
        var found = await collection.SearchAsync(Vector(1, 0), 1, new VectorSearchOptions<VectorStoreRecord> { IncludeVectors = true }).ToListAsync().ConfigureAwait(false);
        Expect.Equal(4, found[0].Record.Vector.Length, "The length of a found record's vector that was asked for");
    }

    private async Task An_unknown_key_is_null(VectorStore store)
    {
        var collection = await FilledAsync(store).ConfigureAwait(false);
        Expect.True(await collection.GetAsync("nobody").ConfigureAwait(false) is null, "An unknown key must give null.");
    }

    private async Task Upsert_replaces_the_whole_record(VectorStore store)
    {
        var collection = await FilledAsync(store).ConfigureAwait(false);
        await collection.UpsertAsync(new VectorStoreRecord { Key = "a", Text = "new", Tag = null, Vector = Vector(0, 1) }).ConfigureAwait(false);
        var record = await collection.GetAsync("a").ConfigureAwait(false);
        Expect.True(record is { Text: "new", Tag: null, Number: 0 }, $"An upsert must replace the whole record; it is {record}.");
        var found = await collection.SearchAsync(Vector(1, 0), 5).ToListAsync().ConfigureAwait(false);
        Expect.Equal(4, found.Count, "The number of records after an upsert of a known key");
        Expect.True(found[0].Record.Key != "a", "The old vector must not be found.");
    }

    private async Task Several_keys_give_those_that_exist(VectorStore store)
    {
        var collection = await FilledAsync(store).ConfigureAwait(false);
        var keys = await collection.GetAsync(["a", "nobody", "c"]).Select(record => record.Key).ToListAsync().ConfigureAwait(false);
        Expect.True(keys.Order().SequenceEqual(["a", "c"]), $"Known keys must be found and others left out; found: {string.Join(", ", keys)}.");
    }

    private async Task Deleted_records_are_gone_and_unknown_keys_ignored(VectorStore store)
    {
        var collection = await FilledAsync(store).ConfigureAwait(false);
        await collection.DeleteAsync("a").ConfigureAwait(false);
        await collection.DeleteAsync("nobody").ConfigureAwait(false);
        await collection.DeleteAsync(["b", "nobody"]).ConfigureAwait(false);
        var found = await collection.SearchAsync(Vector(1, 0), 10).Select(result => result.Record.Key).ToListAsync().ConfigureAwait(false);
        Expect.True(found.Order().SequenceEqual(["c", "d"]), $"Only c and d may be left; found: {string.Join(", ", found)}.");
        await collection.UpsertAsync(Records()[0]).ConfigureAwait(false);
        Expect.True((await collection.SearchAsync(Vector(1, 0), 1).ToListAsync().ConfigureAwait(false))[0].Record.Key == "a", "A record that was deleted and put back must be found.");
    }

    private async Task Nulls_are_kept(VectorStore store)
    {
        var collection = await FilledAsync(store).ConfigureAwait(false);
        var record = await collection.GetAsync("d").ConfigureAwait(false);
        Expect.True(record is { Tag: null }, "A null must come back as null.");
        var keys = await collection.GetAsync(r => r.Tag == null, 10).Select(r => r.Key).ToListAsync().ConfigureAwait(false);
        Expect.True(keys.SequenceEqual(["d"]), $"A filter for null must find d; found: {string.Join(", ", keys)}.");
    }

    private async Task The_nearest_come_first_with_their_scores(VectorStore store)
    {
        var collection = await FilledAsync(store).ConfigureAwait(false);
        var found = await collection.SearchAsync(Vector(1, 0), 4).ToListAsync().ConfigureAwait(false);
        Expect.True(found.Select(result => result.Record.Key).SequenceEqual(["a", "b", "c", "d"]), $"The order must be a, b, c, d; it is {string.Join(", ", found.Select(result => result.Record.Key))}.");
        double[] expected = [1, 0.8, 0, -1];
        for (var i = 0; i < expected.Length; i++)
        {
            Expect.True(Math.Abs(found[i].Score!.Value - expected[i]) <= ScoreTolerance, $"The cosine similarity of {found[i].Record.Key} must be {expected[i]}; it is {found[i].Score}.");
        }
    }

    private async Task Top_and_skip_cut_the_results(VectorStore store)
    {
        var collection = await FilledAsync(store).ConfigureAwait(false);
        var keys = await collection.SearchAsync(Vector(1, 0), 2, new VectorSearchOptions<VectorStoreRecord> { Skip = 1 }).Select(result => result.Record.Key).ToListAsync().ConfigureAwait(false);
        Expect.True(keys.SequenceEqual(["b", "c"]), $"Two after the first must be b and c; they are {string.Join(", ", keys)}.");
        Expect.Equal(4, await collection.SearchAsync(Vector(1, 0), 100).CountAsync().ConfigureAwait(false), "The number of results when more are asked for than there are");
    }

    private async Task A_threshold_drops_the_far_ones(VectorStore store)
    {
        var collection = await FilledAsync(store).ConfigureAwait(false);
        var keys = await collection.SearchAsync(Vector(1, 0), 10, new VectorSearchOptions<VectorStoreRecord> { ScoreThreshold = 0.5 }).Select(result => result.Record.Key).ToListAsync().ConfigureAwait(false);
        Expect.True(keys.SequenceEqual(["a", "b"]), $"Similarities of at least 0.5 have a and b; found: {string.Join(", ", keys)}.");
    }

    private async Task Search_obeys_filters(VectorStore store)
    {
        var collection = await FilledAsync(store).ConfigureAwait(false);
        await FoundAsync(collection, r => r.Tag == "animal", "a", "b").ConfigureAwait(false);
        await FoundAsync(collection, r => r.Tag != "animal", "c", "d").ConfigureAwait(false);
        await FoundAsync(collection, r => r.Number > 1 && r.Number <= 3, "b", "c").ConfigureAwait(false);
        await FoundAsync(collection, r => r.Number == 1 || r.Tag == "city", "a", "c").ConfigureAwait(false);
        await FoundAsync(collection, r => r.Flag, "b", "d").ConfigureAwait(false);
        await FoundAsync(collection, r => !r.Flag && r.Weight < 3, "a").ConfigureAwait(false);
        await FoundAsync(collection, r => r.Key == "c", "c").ConfigureAwait(false);
    }

    private async Task A_filter_finds_even_the_farthest_record(VectorStore store)
    {
        var collection = await FilledAsync(store).ConfigureAwait(false);
        await collection.UpsertAsync(Enumerable.Range(0, 300).Select(i => new VectorStoreRecord { Key = $"n{i}", Tag = "near", Text = "near", Vector = Vector(1, i / 1000f) })).ConfigureAwait(false);
        var keys = await collection.SearchAsync(Vector(1, 0), 1, new VectorSearchOptions<VectorStoreRecord> { Filter = r => r.Number == 4 }).Select(result => result.Record.Key).ToListAsync().ConfigureAwait(false);
        Expect.True(keys.SequenceEqual(["d"]), "A filter must be applied before the nearest are chosen, not after.");
    }

    private async Task Filters_with_captured_variables_and_contains_work(VectorStore store)
    {
        var collection = await FilledAsync(store).ConfigureAwait(false);
        var tag = "city";
        var wanted = new[] { "city", "other" };
        var numbers = new List<int> { 1, 4 };
        await FoundAsync(collection, r => r.Tag == tag, "c").ConfigureAwait(false);
        await FoundAsync(collection, r => wanted.Contains(r.Tag), "c").ConfigureAwait(false);
        await FoundAsync(collection, r => numbers.Contains(r.Number), "a", "d").ConfigureAwait(false);
    }

    private async Task Records_are_listed_by_filter_in_order(VectorStore store)
    {
        var collection = await FilledAsync(store).ConfigureAwait(false);
        var keys = await collection.GetAsync(r => r.Number > 0, 2, new FilteredRecordRetrievalOptions<VectorStoreRecord> { OrderBy = o => o.Descending(r => r.Number), Skip = 1 })
            .Select(record => record.Key).ToListAsync().ConfigureAwait(false);
        Expect.True(keys.SequenceEqual(["c", "b"]), $"By descending number, two after the first are c and b; they are {string.Join(", ", keys)}.");
    }

    private async Task A_quote_in_a_value_is_only_text(VectorStore store)
    {
        var collection = await FilledAsync(store).ConfigureAwait(false);
        var odd = "it's \"odd\" \\ ; DROP -- \u00e9\U0001F600";
        await collection.UpsertAsync(new VectorStoreRecord { Key = odd, Tag = odd, Text = odd, Vector = Vector(1, 1) }).ConfigureAwait(false);
        Expect.True((await collection.GetAsync(odd).ConfigureAwait(false))?.Text == odd, "A text with quotes must come back as it was.");
        await FoundAsync(collection, r => r.Tag == odd, odd).ConfigureAwait(false);
        await FoundAsync(collection, r => r.Tag == "x' OR 'a' = 'a").ConfigureAwait(false);
    }

    private async Task A_dynamic_collection_holds_dictionaries(VectorStore store)
    {
        var collection = store.GetDynamicCollection(Name, new VectorStoreCollectionDefinition
        {
            Properties =
            [
                new VectorStoreKeyProperty("Key", typeof(string)), new VectorStoreDataProperty("Tag", typeof(string)) { IsIndexed = true },
                new VectorStoreDataProperty("Number", typeof(int)) { IsIndexed = true }, new VectorStoreVectorProperty("Vector", typeof(ReadOnlyMemory<float>), 4),
            ],
        });
        await collection.EnsureCollectionExistsAsync().ConfigureAwait(false);
        await collection.UpsertAsync([Entry("x", "one", 1, Vector(1, 0)), Entry("y", "two", 2, Vector(0, 1))]).ConfigureAwait(false);
        Expect.True((await collection.GetAsync("y").ConfigureAwait(false))?["Number"] is 2, "A dictionary must come back with its values and their types.");
        var found = await collection.SearchAsync(Vector(1, 0), 5, new VectorSearchOptions<Dictionary<string, object?>> { Filter = r => (string?)r["Tag"] == "two" }).ToListAsync().ConfigureAwait(false);
        Expect.True(found.Count == 1 && (string?)found[0].Record["Key"] == "y", "A filter on a dictionary must find y.");

        static Dictionary<string, object?> Entry(string key, string tag, int number, ReadOnlyMemory<float> vector) =>
            new() { ["Key"] = key, ["Tag"] = tag, ["Number"] = number, ["Vector"] = vector };
    }

    private async Task Hybrid_search_joins_words_and_vectors(VectorStore store)
    {
        var collection = await FilledAsync(store).ConfigureAwait(false);
        if (!SupportsHybridSearch)
        {
            Expect.True(collection is not IKeywordHybridSearchable<VectorStoreRecord>, "A store without hybrid search must not implement it.");
            return;
        }

        var hybrid = (IKeywordHybridSearchable<VectorStoreRecord>)collection;
        // Far by its vector, but the only one with the word.
        var found = await hybrid.HybridSearchAsync(Vector(1, 0), ["volcano"], 2).Select(result => result.Record.Key).ToListAsync().ConfigureAwait(false);
        Expect.True(found.Contains("d"), $"The record with the word must be found; found: {string.Join(", ", found)}.");
        found = await hybrid.HybridSearchAsync(Vector(1, 0), ["volcano"], 5, new HybridSearchOptions<VectorStoreRecord> { Filter = r => r.Tag == "animal" }).Select(result => result.Record.Key).ToListAsync().ConfigureAwait(false);
        Expect.True(found.Order().SequenceEqual(["a", "b"]), $"A filter must bind both legs; found: {string.Join(", ", found)}.");
        found = await hybrid.HybridSearchAsync(Vector(1, 0), ["\"(*^ AND"], 1).Select(result => result.Record.Key).ToListAsync().ConfigureAwait(false);
        Expect.True(found.SequenceEqual(["a"]), "Keywords are words, not a query language.");
    }

    private async Task Wrong_arguments_are_refused(VectorStore store)
    {
        var collection = await FilledAsync(store).ConfigureAwait(false);
        await Expect.ThrowsAsync<ArgumentException>(async () => await collection.SearchAsync(Vector(1, 0), 0).ToListAsync().ConfigureAwait(false), "Searching for 0 results").ConfigureAwait(false);
        await Expect.ThrowsAsync<ArgumentException>(() => collection.UpsertAsync((VectorStoreRecord)null!), "Storing null").ConfigureAwait(false);
        await Expect.ThrowsAsync<ArgumentException>(() => collection.GetAsync((string)null!), "Getting the key null").ConfigureAwait(false);
        await Expect.ThrowsAsync<NotSupportedException>(async () => await collection.SearchAsync("no generator", 1).ToListAsync().ConfigureAwait(false), "Searching by text without an embedding generator").ConfigureAwait(false);
    }

    private async Task A_missing_collection_is_an_error(VectorStore store)
    {
        var collection = store.GetCollection<string, VectorStoreRecord>(Name);
        await Expect.ThrowsAsync<VectorStoreException>(() => collection.UpsertAsync(Records()[0]), "Storing into a collection that was never made").ConfigureAwait(false);
        await Expect.ThrowsAsync<VectorStoreException>(async () => await collection.SearchAsync(Vector(1, 0), 1).ToListAsync().ConfigureAwait(false), "Searching a collection that was never made").ConfigureAwait(false);
    }

    private Task Metadata_names_the_store_and_the_collection(VectorStore store)
    {
        using var collection = store.GetCollection<string, VectorStoreRecord>(Name);
        Expect.True(!string.IsNullOrEmpty((store.GetService(typeof(VectorStoreMetadata)) as VectorStoreMetadata)?.VectorStoreSystemName), "The store must name its system.");
        Expect.True((collection.GetService(typeof(VectorStoreCollectionMetadata)) as VectorStoreCollectionMetadata)?.CollectionName == Name, "The collection's metadata must hold its name.");
        return Task.CompletedTask;
    }

    private static ReadOnlyMemory<float> Vector(float x, float y) => new[] { x, y, 0, 0 };

    private static VectorStoreRecord[] Records() =>
    [
        new() { Key = "a", Text = "a cat sits", Tag = "animal", Number = 1, Weight = 1.5, Flag = false, Vector = Vector(1, 0) },
        new() { Key = "b", Text = "a dog sleeps", Tag = "animal", Number = 2, Weight = 2.5, Flag = true, Vector = Vector(0.8f, 0.6f) },
        new() { Key = "c", Text = "Paris is a city", Tag = "city", Number = 3, Weight = 3.5, Flag = false, Vector = Vector(0, 1) },
        new() { Key = "d", Text = "the volcano is quiet", Tag = null, Number = 4, Weight = 4.5, Flag = true, Vector = Vector(-1, 0) },
    ];

    private static async Task<VectorStoreCollection<string, VectorStoreRecord>> FilledAsync(VectorStore store)
    {
        var collection = store.GetCollection<string, VectorStoreRecord>(Name);
        await collection.EnsureCollectionExistsAsync().ConfigureAwait(false);
        await collection.UpsertAsync(Records()).ConfigureAwait(false);
        return collection;
    }

    private static async Task FoundAsync(VectorStoreCollection<string, VectorStoreRecord> collection, System.Linq.Expressions.Expression<Func<VectorStoreRecord, bool>> filter, params string[] expected)
    {
        var found = await collection.SearchAsync(Vector(1, 0), 10, new VectorSearchOptions<VectorStoreRecord> { Filter = filter }).Select(result => result.Record.Key).ToListAsync().ConfigureAwait(false);
        Expect.True(found.Order(StringComparer.Ordinal).SequenceEqual(expected), $"The filter {filter} must find {string.Join(", ", expected)}; found: {string.Join(", ", found)}.");
        var listed = await collection.GetAsync(filter, 10).Select(record => record.Key).ToListAsync().ConfigureAwait(false);
        Expect.True(listed.Order(StringComparer.Ordinal).SequenceEqual(expected), $"The filter {filter} must list {string.Join(", ", expected)}; listed: {string.Join(", ", listed)}.");
    }
}
