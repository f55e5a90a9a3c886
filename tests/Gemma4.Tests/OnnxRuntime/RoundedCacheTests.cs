using Gemma4.Generation;
using Gemma4.Models;
using Gemma4.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using Xunit;

namespace Gemma4.Tests.OnnxRuntime;

/// <summary>Caches of 8 bits in layers with full attention: near exact ones, a quarter of the bytes, and all that sessions can do.</summary>
public sealed class RoundedCacheTests(SharedCacheModels models) : IClassFixture<SharedCacheModels>
{
    private const int Slack = 16;

    // The same tokens in other chunks: rounding in the last bit of a key may choose the next of its 8-bit steps.
    private const float ChunkTolerance = 0.15f;

    // Against exact caches, at logits of up to 30 of a model with random weights, whose attention is sharper than a trained one's.
    private const float ExactTolerance = 2.5f;

    [Theory]
    [InlineData("e2b", 0)]
    [InlineData("e2b", 1)]
    [InlineData("e2b", 2)]
    public void Any_order_of_appends_steps_rewinds_and_forks_gives_the_logits_of_one_pass(string size, int seed) => Walk(size, seed);

    [SharedTheory]
    [InlineData("e4b", 20)]
    [InlineData("12b", 22)]
    [InlineData("31b", 25)]
    [InlineData("26b-a4b", 24)]
    public void The_other_sizes_as_well(string size, int seed) => Walk(size, seed);

    [Fact]
    public void Logits_are_near_those_of_exact_caches_and_not_the_same()
    {
        using OnnxGenerationEngine rounded = models.Load("e2b", windowed: true, rounded: true);
        using OnnxGenerationEngine exact = models.Load("e2b", windowed: true);
        using IGenerationSession session = rounded.CreateSession();
        using IGenerationSession expected = exact.CreateSession();
        float largest = 0;
        foreach (int[] chunk in Tokens(seed: 5, 200).Chunk(40))
        {
            session.Append(chunk);
            expected.Append(chunk);
            for (int id = 0; id < expected.Logits.Length; id++)
            {
                largest = Math.Max(largest, Math.Abs(expected.Logits[id] - session.Logits[id]));
            }
        }

        Assert.InRange(largest, 1e-3f, ExactTolerance);
    }

    [Fact]
    public void Layers_with_full_attention_alone_take_a_quarter_of_the_bytes_and_the_plan_knows_it()
    {
        using OnnxGenerationEngine rounded = models.Load("e2b", windowed: true, rounded: true);
        using OnnxGenerationEngine exact = models.Load("e2b", windowed: true);
        ModelMemoryPlan plan = ModelMemoryPlan.Read(Gemma4ModelFolder.Open(models.Path("e2b", windowed: true, rounded: true)));

        foreach (CacheTensor cache in rounded.Graph.Caches)
        {
            Assert.Equal(cache.Window is null ? TensorElementType.Int8 : TensorElementType.Float, cache.ElementType);
        }

        Assert.Equal(4 * (rounded.CacheBytes(3000) - rounded.CacheBytes(2000)), exact.CacheBytes(3000) - exact.CacheBytes(2000));
        Assert.Equal(rounded.CacheBytes(2000), plan.WindowCacheBytes + (2000 * plan.CacheBytesPerToken));
        using IGenerationSession session = rounded.CreateSession();
        session.Append(Tokens(seed: 1, 500));
        Assert.Equal(((IForkableSession)session).CacheBytes, rounded.CacheBytesTaken);
        Assert.InRange(rounded.CacheBytesTaken, 1, exact.CacheBytes(500));
    }

    [Fact]
    public void What_borrowing_layers_give_back_is_bound_over_the_cache_they_borrow()
    {
        using OnnxGenerationEngine engine = models.Load("e2b", windowed: true, rounded: true);
        string[] cacheOutputs = [.. engine.Graph.Caches.SelectMany(cache => (string[])[cache.PresentName, .. cache.UnchangedNames])];

        Assert.Contains(engine.Graph.Caches, cache => cache.UnchangedNames.Count > 0);
        Assert.Equal(
            engine.Native.OutputMetadata.Keys.Where(name => name != engine.Graph.Logits).Order(StringComparer.Ordinal),
            cacheOutputs.Order(StringComparer.Ordinal));
    }

    private void Walk(string size, int seed)
    {
        using OnnxGenerationEngine engine = models.Load(size, windowed: true, Slack, rounded: true);
        using OnnxGenerationEngine reference = models.Load(size, windowed: true, rounded: true);
        var walk = new SessionWalk(engine, reference, seed, longestChunk: 40);

        walk.Run(steps: 150, ChunkTolerance);

        Assert.True(walk.FarRewinds > 0, "no rewind went back beyond the window");
        Assert.Equal(0, engine.CacheBytesTaken);
    }

    private static int[] Tokens(int seed, int count)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => random.Next(4, 500))];
    }
}
