using Gemma4.Sampling;
using Xunit;

namespace Gemma4.Tests.Sampling;

public class SamplerPropertyTests
{
    public static TheoryData<int, int, float, float> Shapes
    {
        get
        {
            var data = new TheoryData<int, int, float, float>();
            foreach (var size in new[] { 1, 7, 63, 64, 65, 512, 1000, 5000, 9001 })
            {
                foreach (var topK in new[] { 0, 1, 5, 64, 1024, 2000 })
                {
                    data.Add(size, topK, 1, 0);
                    data.Add(size, topK, 0.6f, 0);
                    data.Add(size, topK, 0.95f, 0.02f);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Every_pick_lies_in_the_set_that_sorting_gives(int size, int topK, float topP, float minP)
    {
        var random = new Random(size + topK);
        foreach (var logits in new[] { Smooth(random, size), Coarse(random, size), Ascending(size), Mostly(random, size) })
        {
            var settings = new SamplingSettings { TopK = topK, TopP = topP, MinP = minP, Temperature = 1.5f, Seed = size };
            var possible = NaiveNucleus.Probabilities(logits, settings);
            var sampler = new Sampler(settings, size, [], null, 0);
            for (var draw = 0; draw < 20; draw++)
            {
                Assert.Contains(sampler.Sample(logits), possible.Keys);
            }
        }
    }

    [Theory]
    [InlineData(3)]
    [InlineData(64)]
    [InlineData(1024)]
    public void The_top_candidates_equal_those_of_a_sort(int count)
    {
        var random = new Random(count);
        foreach (var size in new[] { 1, 40, 512, 1024, 5000, 9001 })
        {
            var top = new TopCandidates(count, size);
            foreach (var logits in new[]
            {
                Smooth(random, size), Coarse(random, size), Ascending(size), Descending(size), Mostly(random, size),
                new float[size],
            })
            {
                var expected = Enumerable.Range(0, size)
                    .Where(id => logits[id] > float.NegativeInfinity)
                    .OrderByDescending(id => logits[id])
                    .ThenBy(id => id)
                    .Take(count);
                Assert.Equal(expected, top.Find(logits).ToArray().Select(LogitOrder.TokenOf));
            }
        }
    }

    [Theory]
    [InlineData(0, 0.9f)]
    [InlineData(0, 0.3f)]
    [InlineData(2000, 1f)]
    [InlineData(1500, 0.8f)]
    public void The_whole_vocabulary_is_cut_where_a_sort_cuts_it(int topK, float topP)
    {
        var random = new Random(topK);
        foreach (var size in new[] { 1, 40, 3000, 20_000 })
        {
            foreach (var logits in new[] { Smooth(random, size), Coarse(random, size), Ascending(size), new float[size] })
            {
                var settings = new SamplingSettings { TopK = topK, TopP = topP, Temperature = 2 };
                var weights = new WholeVocabulary(size).Weigh(logits, logits.Max(), settings, out var total).ToArray();
                var expected = NaiveNucleus.Probabilities(logits, settings);
                Assert.Equal(expected.Keys.Order(), Enumerable.Range(0, size).Where(id => weights[id] > 0));
                Assert.All(expected, pair => Assert.Equal(pair.Value, weights[pair.Key] / total, 1e-12));
            }
        }
    }

    [Fact]
    public void The_exponential_agrees_with_the_platforms()
    {
        Assert.Equal(1, PortableExponential.OfNonPositive(0));
        Assert.Equal(0, PortableExponential.OfNonPositive(-701));
        Assert.Equal(0, PortableExponential.OfNonPositive(double.NegativeInfinity));
        Assert.Equal(0, PortableExponential.OfNonPositive(double.NaN));
        var random = new Random(5);
        for (var i = 0; i < 20_000; i++)
        {
            var x = -random.NextDouble() * (i % 2 == 0 ? 690 : 3);
            Assert.InRange(PortableExponential.OfNonPositive(x) / Math.Exp(x), 1 - 1e-15, 1 + 1e-15);
        }
    }

    [Fact]
    public void The_exponentials_bits_are_pinned()
    {
        // Made by the same steps in Python 3; any machine must agree to the last bit.
        Assert.Equal(
            PinnedExponentials,
            new[] { -0.1, -1, -2.5, -17.3, -300 }
                .Select(x => BitConverter.DoubleToInt64Bits(PortableExponential.OfNonPositive(x))));
    }

    private static readonly long[] PinnedExponentials =
    [
        4606325270462671674,
        4600298746774613816,
        4590579268170609701,
        4494723459136184759,
        2657763024227158519,
    ];

    private static float[] Fill(int size, Func<int, float> logit) => [.. Enumerable.Range(0, size).Select(logit)];

    private static float[] Smooth(Random random, int size) => Fill(size, _ => (float)((random.NextDouble() * 20) - 10));

    /// <summary>Few distinct values, so that ties straddle every cut.</summary>
    private static float[] Coarse(Random random, int size) => Fill(size, _ => random.Next(-2, 3));

    private static float[] Ascending(int size) => Fill(size, id => id * 0.001f);

    private static float[] Descending(int size) => Fill(size, id => id * -0.001f);

    /// <summary>Nearly everything masked; token 0 is not.</summary>
    private static float[] Mostly(Random random, int size) =>
        Fill(size, id => id == 0 || random.Next(100) == 0 ? (float)random.NextDouble() : float.NegativeInfinity);
}
