using Gemma4.Sampling;
using Xunit;

namespace Gemma4.Tests.Sampling;

public class SamplerTests
{
    private static readonly SamplingSettings Greedy = new() { Temperature = 0 };

    private static readonly SamplingSettings[] EveryPath =
    [
        Greedy,
        new() { Seed = 1 },
        new() { TopK = 0, Seed = 1 },
        new() { TopK = 0, TopP = 1, Seed = 1 },
        new() { TopK = 2000, Seed = 1 },
        new() { RepetitionPenalty = 1.1f, FrequencyPenalty = 0.5f, PresencePenalty = 0.5f, Seed = 1 },
    ];

    private static Sampler New(
        SamplingSettings settings,
        int size,
        int[]? suppressed = null,
        ITokenConstraint? constraint = null) =>
        new(settings, size, suppressed ?? [], constraint, 42);

    [Fact]
    public void Greedy_picks_the_lowest_id_among_equal_largest_logits()
    {
        var random = new Random(11);
        for (var round = 0; round < 200; round++)
        {
            var logits = Enumerable.Range(0, random.Next(1, 200)).Select(_ => (float)random.Next(-3, 4)).ToArray();
            Assert.Equal(Array.IndexOf(logits, logits.Max()), New(Greedy, logits.Length).Sample(logits));
        }
    }

    [Fact]
    public void Negative_zero_equals_zero()
    {
        Assert.Equal(0, New(Greedy, 3).Sample([-0f, 0f, -1]));
        Assert.Equal(0, New(new() { TopK = 1 }, 3).Sample([-0f, 0f, -1]));
        Assert.Equal(0, New(new() { TopK = 0, TopP = 0 }, 3).Sample([-0f, 0f, -1]));
    }

    [Fact]
    public void A_logit_that_is_not_a_number_is_never_picked()
    {
        foreach (var settings in EveryPath)
        {
            var sampler = New(settings, 40);
            var logits = Enumerable.Repeat(float.NaN, 40).ToArray();
            logits[31] = -5;
            Assert.Equal(31, sampler.Sample(logits));
        }
    }

    [Fact]
    public void An_infinite_logit_wins()
    {
        foreach (var settings in EveryPath)
        {
            Assert.Equal(2, New(settings, 4).Sample([1, 50, float.PositiveInfinity, float.NegativeInfinity]));
        }
    }

    [Fact]
    public void Without_any_usable_logit_the_error_says_so()
    {
        foreach (var settings in EveryPath)
        {
            var error = Assert.Throws<InvalidOperationException>(
                () => New(settings, 3).Sample([float.NaN, float.NegativeInfinity, float.NaN]));
            Assert.StartsWith("No token can be picked", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_repetition_penalty_divides_positive_and_multiplies_negative_logits_once_per_token()
    {
        // Token 0 was in the prompt three times: 3 / 2 = 1.5 lies below token 1, and dividing again would be below 2.
        var positive = New(Greedy with { RepetitionPenalty = 2 }, 3);
        positive.ObservePrompt([0, 0, 0]);
        Assert.Equal(1, positive.Sample([3, 1.6f, 1]));
        var once = New(Greedy with { RepetitionPenalty = 2 }, 3);
        once.ObservePrompt([0, 0, 0]);
        Assert.Equal(0, once.Sample([3, 1.4f, 1]));

        var negative = New(Greedy with { RepetitionPenalty = 2 }, 2);
        negative.ObservePrompt([0]);
        Assert.Equal(1, negative.Sample([-1, -1.9f]));
        var kept = New(Greedy with { RepetitionPenalty = 2 }, 2);
        kept.ObservePrompt([0]);
        Assert.Equal(0, kept.Sample([-1, -2.1f]));
    }

    [Fact]
    public void The_repetition_penalty_counts_the_answer_too()
    {
        var sampler = New(Greedy with { RepetitionPenalty = 2 }, 2);
        float[] logits = [3, 2];
        Assert.Equal([0, 1, 0, 0], Enumerable.Range(0, 4).Select(_ => sampler.Sample(logits)));
    }

    [Fact]
    public void The_frequency_penalty_grows_with_every_occurrence_in_the_answer()
    {
        // 3 -> 2.5 -> 2 -> 1.5 after three picks, below 1.75.
        var sampler = New(Greedy with { FrequencyPenalty = 0.5f }, 2);
        sampler.ObservePrompt([0, 0, 0, 0, 0, 0]);
        float[] logits = [3, 1.75f];
        Assert.Equal([0, 0, 0, 1], Enumerable.Range(0, 4).Select(_ => sampler.Sample(logits)));
    }

    [Fact]
    public void The_presence_penalty_is_taken_once()
    {
        // 3 -> 1.5 after the first pick and no further: it stays above 1.4.
        var sampler = New(Greedy with { PresencePenalty = 1.5f }, 2);
        sampler.ObservePrompt([0, 0]);
        float[] logits = [3, 1.4f];
        Assert.Equal([0, 0, 0, 0], Enumerable.Range(0, 4).Select(_ => sampler.Sample(logits)));

        var taken = New(Greedy with { PresencePenalty = 1.5f }, 2);
        Assert.Equal([0, 1, 0], Enumerable.Range(0, 3).Select(_ => taken.Sample([3, 1.6f])));
    }

    [Fact]
    public void Negative_penalties_favour_what_was_said()
    {
        var sampler = New(Greedy with { PresencePenalty = -2 }, 2);
        Assert.Equal(1, sampler.Sample([1, 2]));
        Assert.Equal(1, sampler.Sample([3.9f, 2]));
        Assert.Equal(0, sampler.Sample([4.1f, 2]));
    }

    [Fact]
    public void A_suppressed_token_is_never_picked()
    {
        foreach (var settings in EveryPath)
        {
            var sampler = New(settings, 4, [2, 0, 2, 4_000, -1]);
            for (var i = 0; i < 100; i++)
            {
                Assert.Contains(sampler.Sample([9, 1, 10, 1]), new[] { 1, 3 });
            }
        }
    }

    [Theory]
    [InlineData(5)]
    [InlineData(64)]
    [InlineData(100)]
    [InlineData(1000)]
    public void Only_what_the_constraint_allows_is_picked(int size)
    {
        var random = new Random(size);
        foreach (var settings in EveryPath)
        {
            var constraint = new ScriptedConstraint(null);
            var sampler = New(settings, size, constraint: constraint);
            var picks = new List<int>();
            for (var round = 0; round < 50; round++)
            {
                var logits = Enumerable.Range(0, size).Select(_ => (float)random.NextDouble() * 10).ToArray();
                var share = random.Next(1, 5);
                constraint.Allowed = [.. Enumerable.Range(0, size).Where(_ => random.Next(5) < share).Append(size - 1)];
                picks.Add(sampler.Sample(logits));
                Assert.Contains(picks[^1], constraint.Allowed);
            }

            Assert.Equal(picks, constraint.Accepted);
        }
    }

    [Fact]
    public void A_constraint_that_allows_everything_changes_nothing()
    {
        var free = New(new() { Seed = 3 }, 100);
        var constrained = New(new() { Seed = 3 }, 100, constraint: new ScriptedConstraint(null));
        var logits = Enumerable.Range(0, 100).Select(id => id % 7 * 0.3f).ToArray();
        Assert.Equal(
            Enumerable.Range(0, 50).Select(_ => free.Sample(logits)),
            Enumerable.Range(0, 50).Select(_ => constrained.Sample(logits)));
    }

    [Theory]
    [InlineData(64)]
    [InlineData(70)]
    public void A_constraint_that_allows_nothing_is_an_error_that_names_it(int size)
    {
        var sampler = New(Greedy, size, constraint: new ScriptedConstraint([]));
        var error = Assert.Throws<InvalidOperationException>(() => sampler.Sample(new float[size]));
        Assert.Contains($"ScriptedConstraint allows none of the {size} tokens", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_constraint_that_allows_only_suppressed_tokens_is_an_error()
    {
        var sampler = New(Greedy, 8, [3], new ScriptedConstraint([3]));
        Assert.Throws<InvalidOperationException>(() => sampler.Sample(new float[8]));
    }

    [Fact]
    public void Wrong_sizes_are_refused()
    {
        Assert.Throws<ArgumentException>(() => New(Greedy, 8).Sample(new float[7]));
        Assert.Throws<ArgumentOutOfRangeException>(() => New(Greedy, 8).ObservePrompt([8]));
        Assert.Throws<ArgumentOutOfRangeException>(() => New(Greedy, 8).ObservePrompt([-1]));
    }

    [Theory]
    [InlineData(64, 0.95f)]
    [InlineData(0, 0.95f)]
    [InlineData(0, 1f)]
    public void A_seed_decides_the_picks(int topK, float topP)
    {
        var logits = Enumerable.Range(0, 300).Select(id => MathF.Sqrt(id * 37 % 300)).ToArray();
        int[] Run(long? seed, ulong seedWhenNull = 1)
        {
            var sampler = new Sampler(new() { TopK = topK, TopP = topP, Seed = seed }, 300, [], null, seedWhenNull);
            return [.. Enumerable.Range(0, 40).Select(_ => sampler.Sample(logits))];
        }

        Assert.Equal(Run(-5), Run(-5));
        Assert.NotEqual(Run(-5), Run(-6));
        Assert.Equal(Run(5), Run(null, 5));
        Assert.NotEqual(Run(null, 1), Run(null, 2));
    }

    [Fact]
    public void The_picks_of_a_seed_are_pinned()
    {
        // Made by the same steps in Python 3; they must never change, on any machine. Square roots are exact in IEEE.
        var logits = Enumerable.Range(0, 300).Select(id => MathF.Sqrt(id * 37 % 300)).ToArray();
        var top = New(new() { Seed = 2026 }, 300);
        Assert.Equal(PinnedTop, Enumerable.Range(0, 12).Select(_ => top.Sample(logits)));
        var whole = New(new() { TopK = 0, TopP = 0.9f, Temperature = 1.3f, Seed = 2026 }, 300);
        Assert.Equal(PinnedWhole, Enumerable.Range(0, 12).Select(_ => whole.Sample(logits)));
    }

    private static readonly int[] PinnedTop = [267, 243, 72, 88, 72, 145, 226, 226, 7, 16, 104, 97];

    private static readonly int[] PinnedWhole = [170, 88, 242, 259, 242, 235, 243, 243, 251, 79, 283, 96];

    [Fact]
    public void A_token_allocates_nothing()
    {
        const int Size = 20_000;
        var random = new Random(1);
        var logits = Enumerable.Range(0, Size).Select(_ => (float)random.NextDouble() * 20).ToArray();
        foreach (var settings in EveryPath)
        {
            var sampler = New(settings, Size, [5], new ScriptedConstraint([.. Enumerable.Range(0, 3000)]));
            sampler.ObservePrompt([1, 2, 3]);
            for (var i = 0; i < 50; i++)
            {
                sampler.Sample(logits);
            }

            // The runtime now and then charges the thread with something of its own; a sampler that allocates does so always.
            var least = long.MaxValue;
            for (var attempt = 0; attempt < 5; attempt++)
            {
                var before = GC.GetAllocatedBytesForCurrentThread();
                for (var i = 0; i < 50; i++)
                {
                    sampler.Sample(logits);
                }

                least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
            }

            Assert.Equal(0, least);
        }
    }
}
