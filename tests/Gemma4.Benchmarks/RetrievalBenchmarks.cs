using System.Diagnostics;
using System.Globalization;
using System.Numerics.Tensors;
using Gemma4.Retrieval.Search;
using Gemma4.Retrieval.Stores;
using Microsoft.Extensions.VectorData;

namespace Gemma4.Benchmarks;

/// <summary>Exact and prefiltered search, snapshots and lexical ingestion at 100,000 x 768 on clustered vectors.</summary>
internal static class RetrievalBenchmarks
{
    private const int Rows = 100_000;
    private const int Dimensions = 768;
    private const int Clusters = 200;
    private const float Spread = 0.6f;
    private const int Queries = 30;
    private const int Top = 10;

    public static async Task RunAsync()
    {
        float[][] vectors = Clustered(out float[][] queries);
        Scan(vectors, queries);
        VectorMatrix exact = Filled(vectors, VectorPrefilter.None);
        HashSet<int>[] truth = [.. queries.Select(query => exact.Search(query, Top, null).Select(hit => hit.Row).ToHashSet())];
        Report("all scored", Timed(queries, query => exact.Search(query, Top, null)));
        foreach (VectorPrefilter prefilter in (VectorPrefilter[])[VectorPrefilter.Bytes, VectorPrefilter.Signs])
        {
            VectorMatrix prefiltered = Filled(vectors, prefilter);
            Report($"{prefilter} first", Timed(queries, query => prefiltered.Search(query, Top, null)));
            double found = queries.Index().Sum(query => prefiltered.Search(query.Item, Top, null).Count(hit => truth[query.Index].Contains(hit.Row)));
            Report($"{prefilter} first", found / (Queries * Top), "recall@10");
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        exact.Search(queries[0], Top, null);
        Report("all scored", (GC.GetAllocatedBytesForCurrentThread() - before) / (double)Rows, "bytes allocated per candidate");
        Lexical();
        await StoreAsync(vectors, queries);
    }

    // What one writes without a store: a dictionary of records, a query over all of them, sorted.
    private static void Scan(float[][] vectors, float[][] queries)
    {
        Dictionary<string, Note> notes = vectors.Select((vector, index) => new Note($"note {index}", vector)).ToDictionary(note => note.Key);
        Report("dictionary scan", Timed(queries, query => notes.Values.Select(note => (Note: note, Score: TensorPrimitives.CosineSimilarity(query, note.Vector.Span)))
            .OrderByDescending(hit => hit.Score).Take(Top).ToList()));
    }

    private static void Lexical()
    {
        Random random = new(1);
        string[] words = [.. Enumerable.Range(0, 20_000).Select(i => $"word{i}ing")];
        string[] documents = [.. Enumerable.Range(0, 20_000).Select(_ => string.Join(' ', Enumerable.Range(0, 40).Select(_ => words[(int)(words.Length * Math.Pow(random.NextDouble(), 3))])))];
        Bm25Index index = new(TextAnalyzer.English);
        Stopwatch watch = Stopwatch.StartNew();
        foreach ((int number, string text) in documents.Index())
        {
            index.Set(number, text);
        }

        Report("lexical ingest", documents.Length / watch.Elapsed.TotalSeconds, "documents of 40 words per second");
    }

    private sealed record Note(string Key, ReadOnlyMemory<float> Vector);

    private static async Task StoreAsync(float[][] vectors, float[][] queries)
    {
        VectorStoreCollectionDefinition definition = new()
        {
            Properties =
            [
                new VectorStoreKeyProperty("Key", typeof(int)), new VectorStoreDataProperty("Tenant", typeof(string)) { IsIndexed = true },
                new VectorStoreVectorProperty("Vector", typeof(ReadOnlyMemory<float>), Dimensions),
            ],
        };
        using InMemoryVectorStore store = new();
        var collection = store.GetDynamicCollection("c", definition);
        await collection.EnsureCollectionExistsAsync();
        await collection.UpsertAsync(vectors.Index().Select(item => new Dictionary<string, object?> { ["Key"] = item.Index, ["Tenant"] = item.Index % 2 == 0 ? "a" : "b", ["Vector"] = (ReadOnlyMemory<float>)item.Item }));
        VectorSearchOptions<Dictionary<string, object?>> tenant = new() { Filter = record => (string)record["Tenant"]! == "a" };
        Report("one tenant of two", Timed(queries, query => collection.SearchAsync((ReadOnlyMemory<float>)query, Top, tenant).ToBlockingEnumerable().ToList()));
        string path = Path.Combine(Path.GetTempPath(), "gemma4-snapshot.bin");
        await TimedAsync("save, flushed to disk", () => store.SaveAsync(path));
        await TimedAsync("load", async () =>
        {
            using InMemoryVectorStore loaded = await InMemoryVectorStore.LoadAsync(path);
            await loaded.GetDynamicCollection("c", definition).GetAsync(1);
        });
        File.Delete(path);
    }

    private static VectorMatrix Filled(float[][] vectors, VectorPrefilter prefilter)
    {
        VectorMatrix matrix = new(Dimensions, DistanceFunction.CosineSimilarity, prefilter);
        matrix.Reserve(Rows);
        foreach ((int row, float[] vector) in vectors.Index())
        {
            matrix.Set(row, vector);
        }

        return matrix;
    }

    private static float[][] Clustered(out float[][] queries)
    {
        Random random = new(7);
        float[][] centres = [.. Enumerable.Range(0, Clusters).Select(_ => Noise(random, 1))];
        float[] Near() => Plus(centres[random.Next(Clusters)], Noise(random, Spread));
        float[][] vectors = [.. Enumerable.Range(0, Rows).Select(_ => Near())];
        queries = [.. Enumerable.Range(0, Queries).Select(_ => Near())];
        return vectors;
    }

    private static float[] Plus(float[] a, float[] b)
    {
        TensorPrimitives.Add(a, b, b);
        return b;
    }

    private static float[] Noise(Random random, float scale)
    {
        float[] noise = new float[Dimensions];
        for (int i = 0; i < noise.Length; i++)
        {
            // The sum of three uniform numbers is close enough to a bell curve, and quick.
            noise[i] = scale * ((random.NextSingle() + random.NextSingle() + random.NextSingle()) - 1.5f) * 2;
        }

        return noise;
    }

    private static (double Median, double Best) Timed<T>(float[][] queries, Func<float[], T> search)
    {
        search(queries[0]);
        List<double> times = [];
        foreach (float[] query in queries)
        {
            Stopwatch watch = Stopwatch.StartNew();
            search(query);
            times.Add(watch.Elapsed.TotalMilliseconds);
        }

        return (times.Order().ElementAt(times.Count / 2), times.Min());
    }

    private static void Report(string name, (double Median, double Best) times) =>
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-22} {times.Median,12:F3} ms per query (median), {times.Best:F3} (best)"));

    private static async Task TimedAsync(string name, Func<Task> work)
    {
        Stopwatch watch = Stopwatch.StartNew();
        TimeSpan before = Environment.CpuUsage.TotalTime;
        await work();
        // On a machine that others use the processor's time says more than the clock.
        Report(name, watch.Elapsed.TotalSeconds, string.Create(CultureInfo.InvariantCulture, $"s, {(Environment.CpuUsage.TotalTime - before).TotalSeconds:F3} s of processor time"));
    }

    private static void Report(string name, double value, string unit) =>
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-22} {value,12:F3} {unit}"));
}
