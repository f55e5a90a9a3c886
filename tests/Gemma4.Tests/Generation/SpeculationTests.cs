using Gemma4.Generation;
using Microsoft.Extensions.AI;
using Xunit;

namespace Gemma4.Tests.Generation;

public class SpeculationTests
{
    [Theory]
    [InlineData(1, 0)]
    [InlineData(1, 1)]
    [InlineData(int.MaxValue, 0)]
    public async Task Guesses_change_nothing_but_the_number_of_steps(int memory, float temperature)
    {
        using Gemma4ChatClient plain = HashClient.Create(size => new HashEngine(size) { MemorySpan = memory, MeanAnswer = 1 << 20 }, out Func<HashEngine> slow, options => options.MaxDraftTokens = 0);
        using Gemma4ChatClient guessing = HashClient.Create(size => new HashEngine(size) { MemorySpan = memory, MeanAnswer = 1 << 20 }, out Func<HashEngine> fast);
        for (int run = 0; run < 20; run++)
        {
            ChatOptions options = new() { Temperature = temperature, Seed = run, MaxOutputTokens = 400, StopSequences = run % 3 == 0 ? ["er"] : null };
            string prompt = string.Concat(Enumerable.Repeat($"What about {run % 7}? ", 4));

            ChatResponse expected = await plain.GetResponseAsync(prompt, options);
            ChatResponse actual = await guessing.GetResponseAsync(prompt, options);

            Assert.Equal(expected.Text, actual.Text);
            Assert.Equal(expected.FinishReason, actual.FinishReason);
            Assert.Equal(expected.Usage!.OutputTokenCount, actual.Usage!.OutputTokenCount);
        }

        Assert.DoesNotContain(slow().Log, entry => entry.StartsWith("draft", StringComparison.Ordinal));
        Assert.Equal(memory < int.MaxValue, fast().Log.Count < slow().Log.Count);
        if (memory < int.MaxValue)
        {
            Assert.Contains("draft 7", fast().Log);
        }
    }

    [Fact]
    public async Task Beside_others_nothing_is_guessed()
    {
        using Gemma4ChatClient client = HashClient.Create(size => new HashEngine(size) { MemorySpan = 3, MeanAnswer = int.MaxValue }, out Func<HashEngine> engine);

        await Task.WhenAll(Enumerable.Range(0, 2).Select(i => client.GetResponseAsync($"Question {i}?", new() { MaxOutputTokens = 300 })));

        int firstBatch = engine().Log.ToList().IndexOf("batch 2");
        int lastBatch = engine().Log.ToList().LastIndexOf("batch 2");
        Assert.DoesNotContain(engine().Log.Skip(firstBatch).Take(lastBatch - firstBatch), entry => entry.StartsWith("draft", StringComparison.Ordinal));
    }

    [Fact]
    public void What_followed_last_time_is_the_guess()
    {
        PromptLookup lookup = new([1, 2, 3, 4, 5, 9, 1, 2, 3, 7, 8]);
        lookup.Add([1, 2, 3]);
        List<int> draft = [];

        lookup.Guess(4, draft);

        Assert.Equal([7, 8, 1, 2], draft);
        draft.Clear();
        lookup.Add([100]);
        lookup.Guess(4, draft);
        Assert.Empty(draft);
    }

    [Fact]
    public void Wrong_guesses_cost_no_more_than_their_share()
    {
        DraftLength length = new(7);
        int guessed = 0;
        for (int step = 1; step <= 1000; step++)
        {
            int next = length.Next;
            guessed += next;
            length.Note(next, 0);

            // A fifth of a step for each, and the first three before there is a share.
            Assert.InRange(guessed, 3, (0.03 * step / 0.2) + 3);
        }

        Assert.InRange(guessed, 100, 153);
    }

    [Fact]
    public void However_guesses_turn_out_a_response_never_loses_more_than_its_share_and_one_guess()
    {
        Random random = new(7);
        for (int round = 0; round < 200; round++)
        {
            DraftLength length = new(7);
            double luck = random.NextDouble();
            double won = 0;
            for (int step = 1; step <= 300; step++)
            {
                int guessed = random.Next(length.Next + 1);
                int right = 0;
                while (right < guessed && random.NextDouble() < luck)
                {
                    right++;
                }

                length.Note(guessed, right);
                won += right - (0.2 * guessed);
                Assert.True(won >= -((0.03 * step) + (7 * 0.2)), $"round {round}, step {step}: {won:F2} steps");
            }
        }
    }
}
