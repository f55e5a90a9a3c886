namespace Gemma4.Cli.Tests;

public sealed class InterruptionTests
{
    [Fact]
    public async Task The_first_press_ends_the_answer_and_the_program_goes_on()
    {
        using var interruption = new Interruption();

        var ended = await interruption.RunAnswerAsync(
            token =>
            {
                interruption.Press();
                return Task.Delay(Timeout.Infinite, token);
            },
            interruption.Program);

        Assert.False(ended);
        Assert.False(interruption.Program.IsCancellationRequested);
        Assert.True(await interruption.RunAnswerAsync(_ => Task.CompletedTask, interruption.Program));
    }

    [Fact]
    public async Task The_second_press_ends_the_program_though_the_answer_still_runs()
    {
        using var interruption = new Interruption();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => interruption.RunAnswerAsync(
            _ =>
            {
                interruption.Press();
                interruption.Press();
                return Task.Delay(Timeout.Infinite, interruption.Program);
            },
            interruption.Program));
    }

    [Fact]
    public void A_press_between_answers_ends_the_program()
    {
        using var interruption = new Interruption();

        Assert.True(interruption.Press());
        Assert.False(interruption.Press()); // nothing is left to cancel: the system may end the program

        Assert.True(interruption.Program.IsCancellationRequested);
    }
}
