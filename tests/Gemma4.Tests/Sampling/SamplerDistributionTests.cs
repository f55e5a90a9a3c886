using Gemma4.Sampling;
using Xunit;

namespace Gemma4.Tests.Sampling;

public class SamplerDistributionTests
{
    private static readonly SamplingSettings Plain = new() { TopK = 0, TopP = 1, Seed = 7 };

    /// <summary>Logits whose softmax is 0.5, 0.25, 0.15, 0.1.</summary>
    private static readonly float[] Four = [MathF.Log(0.5f), MathF.Log(0.25f), MathF.Log(0.15f), MathF.Log(0.1f)];

    public static TheoryData<int, float, float, float, double[]> HandComputed => new()
    {
        // top-k, top-p, min-p, temperature -> probabilities
        { 0, 1, 0, 1, [0.5, 0.25, 0.15, 0.1] },
        { 4, 1, 0, 1, [0.5, 0.25, 0.15, 0.1] },
        { 2, 1, 0, 1, [2 / 3.0, 1 / 3.0, 0, 0] },
        { 1, 1, 0, 1, [1, 0, 0, 0] },
        { 0, 0.7f, 0, 1, [2 / 3.0, 1 / 3.0, 0, 0] },
        { 0, 0.76f, 0, 1, [5 / 9.0, 2.5 / 9, 1.5 / 9, 0] },
        { 64, 0.76f, 0, 1, [5 / 9.0, 2.5 / 9, 1.5 / 9, 0] },
        { 0, 0, 0, 1, [1, 0, 0, 0] },
        { 3, 0, 0, 1, [1, 0, 0, 0] },

        // top-p sums over what top-k left: 0.5 / 0.75 is 0.67.
        { 2, 0.6f, 0, 1, [1, 0, 0, 0] },

        // 0.25 / 0.5 reaches 0.4; 0.15 / 0.5 does not.
        { 0, 1, 0.4f, 1, [2 / 3.0, 1 / 3.0, 0, 0] },
        { 3, 1, 0.4f, 1, [2 / 3.0, 1 / 3.0, 0, 0] },

        // Temperature 0.5 squares the probabilities: 25, 6.25, 2.25, 1 of 34.5.
        { 0, 1, 0, 0.5f, [25 / 34.5, 6.25 / 34.5, 2.25 / 34.5, 1 / 34.5] },

        // Temperature comes before top-p: 25 / 34.5 is 0.72, so one token reaches 0.7.
        { 0, 0.7f, 0, 0.5f, [1, 0, 0, 0] },
        { 4, 0.7f, 0, 0.5f, [1, 0, 0, 0] },
    };

    [Theory]
    [MemberData(nameof(HandComputed))]
    public void Picks_follow_the_hand_computed_distribution(
        int topK,
        float topP,
        float minP,
        float temperature,
        double[] expected)
    {
        var settings = Plain with { TopK = topK, TopP = topP, MinP = minP, Temperature = temperature };
        AssertFollows(Draws(settings, Four, 20_000), expected);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(64)]
    public void A_penalty_changes_only_its_own_token(int topK)
    {
        // Token 1 was in the prompt; halving its logit ln 4 gives ln 2: weights 1, 2, 1.
        float[] logits = [0, MathF.Log(4), 0];
        var counts = new int[3];
        for (var seed = 0; seed < 8000; seed++)
        {
            var sampler = NewSampler(Plain with { TopK = topK, RepetitionPenalty = 2, Seed = seed }, 3);
            sampler.ObservePrompt([1]);
            counts[sampler.Sample(logits)]++;
        }

        AssertFollows(counts, [0.25, 0.5, 0.25]);
    }

    [Fact]
    public void A_wide_random_distribution_is_followed()
    {
        var random = new Random(3);
        var logits = new float[500];
        for (var i = 0; i < logits.Length; i++)
        {
            logits[i] = (float)(random.NextDouble() * 3);
        }

        var settings = Plain with { TopK = 40, TopP = 0.9f };
        var expected = new double[logits.Length];
        foreach (var (id, probability) in NaiveNucleus.Probabilities(logits, settings))
        {
            expected[id] = probability;
        }

        AssertFollows(Draws(settings, logits, 50_000), expected);
    }

    private static Sampler NewSampler(SamplingSettings settings, int size) => new(settings, size, [], null, 1);

    private static int[] Draws(SamplingSettings settings, float[] logits, int count)
    {
        var sampler = NewSampler(settings, logits.Length);
        var counts = new int[logits.Length];
        for (var i = 0; i < count; i++)
        {
            counts[sampler.Sample(logits)]++;
        }

        return counts;
    }

    /// <summary>Pearson's chi-square; the bound is five standard deviations above its mean. The seeds are fixed.</summary>
    private static void AssertFollows(int[] counts, double[] expected)
    {
        var draws = counts.Sum();
        var chiSquare = 0.0;
        var freedom = -1;
        for (var id = 0; id < expected.Length; id++)
        {
            if (expected[id] == 0)
            {
                Assert.Equal(0, counts[id]);
                continue;
            }

            var mean = draws * expected[id];
            chiSquare += (counts[id] - mean) * (counts[id] - mean) / mean;
            freedom++;
        }

        Assert.InRange(chiSquare, 0, freedom + (5 * Math.Sqrt(2 * freedom)) + 1e-9);
    }
}
