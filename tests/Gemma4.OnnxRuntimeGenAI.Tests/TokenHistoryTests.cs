using Xunit;

namespace Gemma4.OnnxRuntimeGenAI.Tests;

public sealed class TokenHistoryTests
{
    [Theory]
    [InlineData(6, "1 2 3|4|5 6")]
    [InlineData(5, "1 2 3|4|5")]
    [InlineData(4, "1 2 3|4")]
    [InlineData(3, "1 2 3")]
    [InlineData(2, "1 2")]
    [InlineData(0, "")]
    public void A_truncated_history_keeps_its_steps_and_cuts_the_last(int length, string steps)
    {
        TokenHistory history = new();
        history.Append([1, 2, 3]);
        history.Append([4]);
        history.Append([5, 6]);

        history.Truncate(length);

        Assert.Equal(length, history.Length);
        Assert.Equal(steps, string.Join('|', Enumerable.Range(0, history.StepCount).Select(step => string.Join(' ', history.Step(step).ToArray()))));
    }

    [Fact]
    public void What_follows_a_cut_is_a_step_of_its_own()
    {
        TokenHistory history = new();
        history.Append([1, 2, 3]);
        history.Truncate(2);
        history.Append([7]);

        Assert.Equal(2, history.StepCount);
        Assert.Equal([1, 2], history.Step(0).ToArray());
        Assert.Equal([7], history.Step(1).ToArray());
    }
}
