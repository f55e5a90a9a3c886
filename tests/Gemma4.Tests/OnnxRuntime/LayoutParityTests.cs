using System.Runtime.InteropServices;
using System.Text.Json;
using Gemma4.Generation;
using Gemma4.OnnxRuntime;
using Xunit;

namespace Gemma4.Tests.OnnxRuntime;

public sealed class LayoutParityTests(LayoutModels models) : IClassFixture<LayoutModels>
{
    private const float Tolerance = 2e-3f;

    public static IEnumerable<object[]> All => LayoutModels.Exact.Select(layout => new object[] { layout });

    [Theory]
    [MemberData(nameof(All))]
    public void Logits_and_greedy_ids_are_those_of_the_reference(string layout) =>
        MatchesReference(layout, TestData.Path("tiny", "e2b"));

    [SharedTheory]
    [InlineData("e4b")]
    [InlineData("12b")]
    [InlineData("31b")]
    public void Other_sizes_match_their_reference_in_the_split_layouts(string size)
    {
        string checkpoint = Path.Combine(TestData.Shared!, "tiny", size);

        MatchesReference("multi-model", checkpoint);
        MatchesReference("transformers-js", checkpoint);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Any_chunks_and_any_rewinds_give_the_logits_of_one_pass(string layout)
    {
        using OnnxGenerationEngine engine = models.Load(layout);
        for (int seed = 0; seed < 6; seed++)
        {
            var random = new Random(seed);
            using IGenerationSession session = engine.CreateSession();
            List<int> held = [];
            for (int step = 0; step < 10; step++)
            {
                if (held.Count > 0 && random.Next(3) == 0)
                {
                    int length = random.Next(held.Count + 1);
                    session.RewindTo(length);
                    held.RemoveRange(length, held.Count - length);
                }

                int[] chunk = [.. Enumerable.Range(0, random.Next(3) == 0 ? 1 : random.Next(1, 24)).Select(_ => random.Next(512))];
                session.Append(chunk);
                held.AddRange(chunk);
            }

            using IGenerationSession once = engine.CreateSession();
            once.Append(held.ToArray());
            AssertNear(once.Logits, session.Logits);
        }
    }

    [Theory]
    [InlineData("text", true)]
    [InlineData("multi-model", true)]
    [InlineData("transformers-js, in place", true)]
    [InlineData("transformers-js", false)]
    [InlineData("text, traced", false)]
    public void Only_the_operator_that_appends_in_place_gets_a_shared_buffer(string layout, bool inPlace)
    {
        using OnnxGenerationEngine engine = models.Load(layout);
        using OnnxGenerationEngine own = models.Load("text");

        Assert.Equal(inPlace, engine.CachesInPlace);

        // A growing cache needs room for the old and the new one.
        Assert.Equal(own.CacheBytesPerToken * (inPlace ? 1 : 2), engine.CacheBytesPerToken);
    }

    [Fact]
    public void Sessions_with_growing_caches_share_the_budget()
    {
        long perToken;
        using (OnnxGenerationEngine unlimited = models.Load("transformers-js"))
        {
            perToken = unlimited.CacheBytesPerToken;
        }

        using OnnxGenerationEngine engine = models.Load("transformers-js", options => options.KvCacheMemoryBudget = perToken * 40);
        Assert.Equal(40, engine.MaxContextTokens);
        IGenerationSession first = engine.CreateSession();
        using IGenerationSession second = engine.CreateSession();
        first.Append(new int[20]);
        second.Append([2]);

        Assert.Throws<Gemma4CacheFullException>(() => second.Append(new int[25]));
        Assert.Equal(1, second.Length);
        first.Dispose();
        second.Append(new int[25]);
        Assert.Equal(26, second.Length);
    }

    [Theory]
    [InlineData("multi-model", 512)]
    [InlineData("transformers-js", 4096)]
    public void A_token_allocates_no_more_than_the_values_whose_shape_changes(string layout, int limit)
    {
        using OnnxGenerationEngine engine = models.Load(layout);
        using IGenerationSession session = engine.CreateSession();
        session.Append(new int[100]);
        session.Append([3]);
        long before = GC.GetAllocatedBytesForCurrentThread();

        for (int step = 0; step < 20; step++)
        {
            session.Append([4]);
        }

        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / 20, 0, limit);
    }

    private void MatchesReference(string layout, string checkpoint)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(checkpoint, "reference.json")));
        using OnnxGenerationEngine engine = LayoutModels.LoadFolder(models.Path(layout, checkpoint));
        foreach (JsonElement test in document.RootElement.GetProperty("cases").EnumerateArray())
        {
            using IGenerationSession session = engine.CreateSession();
            session.Append(Ids(test, "prompt"));
            AssertNear(
                MemoryMarshal.Cast<byte, float>(test.GetProperty("logits_last").GetProperty("base64").GetBytesFromBase64()),
                session.Logits);
            foreach (int expected in Ids(test, "greedy"))
            {
                float[] logits = session.Logits.ToArray();
                Assert.Equal(expected, Array.IndexOf(logits, logits.Max()));
                session.Append([expected]);
            }
        }
    }

    private static void AssertNear(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int id = 0; id < expected.Length; id++)
        {
            Assert.Equal(expected[id], actual[id], Tolerance);
        }
    }

    private static int[] Ids(JsonElement test, string key) => [.. test.GetProperty(key).EnumerateArray().Select(id => id.GetInt32())];
}
