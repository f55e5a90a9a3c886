using Xunit.Abstractions;

namespace Gemma4.ModelBuilder.Tests;

public sealed class TinyModelTests(ITestOutputHelper output)
{
    private const float Tolerance = 2e-3f;

    [Fact]
    public Task A_float_build_of_tiny_e2b_gives_the_reference_logits_and_tokens() =>
        MatchesReferenceAsync(TestData.Path("tiny", "e2b"), TestData.Path("tiny", "e2b"));

    [SharedFact]
    public Task A_float_build_of_tiny_e4b_gives_the_reference_logits_and_tokens() => MatchesSharedAsync("e4b");

    [SharedFact]
    public Task A_float_build_of_tiny_12b_gives_the_reference_logits_and_tokens() => MatchesSharedAsync("12b");

    [SharedFact]
    public Task A_float_build_of_tiny_31b_gives_the_reference_logits_and_tokens() => MatchesSharedAsync("31b");

    [SharedFact]
    public Task A_float_build_of_tiny_26b_a4b_gives_the_reference_logits_and_tokens() => MatchesSharedAsync("26b-a4b");

    [SharedFact]
    public Task Shards_with_the_multimodal_prefix_give_the_same_model() =>
        MatchesReferenceAsync(Path.Combine(TestData.Shared!, "tiny", "e2b-sharded"), TestData.Path("tiny", "e2b"));

    private Task MatchesSharedAsync(string name)
    {
        var folder = Path.Combine(TestData.Shared!, "tiny", name);
        return MatchesReferenceAsync(folder, folder);
    }

    private async Task MatchesReferenceAsync(string checkpoint, string referenceFolder)
    {
        using var folder = new TemporaryFolder();
        await Gemma4ModelBuilder.BuildAsync(checkpoint, folder.Path("built"));
        using var runner = new GraphRunner(folder.Path("built"));
        var reference = Reference.Read(Path.Combine(referenceFolder, "reference.json"));
        foreach (var test in reference.GetProperty("cases").EnumerateArray())
        {
            var prompt = Reference.Ids(test.GetProperty("prompt"));
            var greedy = Reference.Ids(test.GetProperty("greedy"));
            var expected = Reference.Floats(
                test.GetProperty("logits_last").GetProperty("base64").GetString()!);
            runner.Reset();
            var difference = Reference.LargestDifference(expected, runner.Append(prompt));
            output.WriteLine($"{test.GetProperty("name").GetString()}: largest logit difference {difference:E2}");
            Assert.InRange(difference, 0, Tolerance);
            Assert.Equal(greedy, runner.Greedy(prompt, greedy.Length));
            if (test.TryGetProperty("logits_all", out var all))
            {
                AssertEveryPosition(runner, prompt, Reference.Floats(all.GetProperty("base64").GetString()!));
            }
        }

        var stop = reference.GetProperty("stop_case");
        var stopping = Reference.Ids(stop.GetProperty("greedy_through_stop"));
        Assert.Equal(stopping, runner.Greedy(
            Reference.Ids(stop.GetProperty("prompt")), stopping.Length + 8, stop.GetProperty("stop_id").GetInt32()));
    }

    /// <summary>The graph scores the last position only, so the prompt is cut after each of its tokens.</summary>
    private static void AssertEveryPosition(GraphRunner runner, int[] prompt, float[] expected)
    {
        var vocabulary = expected.Length / prompt.Length;
        for (var length = 1; length <= prompt.Length; length++)
        {
            runner.Reset();
            var actual = runner.Append(prompt.AsSpan(0, length));
            var position = expected.AsSpan((length - 1) * vocabulary, vocabulary).ToArray();
            Assert.InRange(Reference.LargestDifference(position, actual), 0, Tolerance);
        }
    }
}
