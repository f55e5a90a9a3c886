namespace Gemma4.Cli.Tests.Chat;

public sealed class ChatCommandTests
{
    [Fact]
    public async Task A_prompt_in_the_arguments_is_answered()
    {
        var run = await CliRun.Of("chat", "What is the capital", "of France?");

        Assert.Equal(0, run.ExitCode);
        Assert.Equal("The capital of France is Paris.\n", run.Output);
    }

    [Fact]
    public async Task A_prompt_on_standard_input_is_answered()
    {
        var run = await CliRun.WithInput("What is the capital of France?\n", ["chat"]);

        Assert.Equal("The capital of France is Paris.\n", run.Output);
    }

    [Fact]
    public async Task Empty_standard_input_is_wrong_usage()
    {
        var run = await CliRun.WithInput("\n", ["chat"]);

        Assert.Equal(2, run.ExitCode);
    }

    [Fact]
    public async Task Calls_and_results_have_lines_of_their_own()
    {
        var run = await CliRun.Of("chat", "--tools", "demo", "What is 17 plus 25?");

        Assert.Equal(0, run.ExitCode);
        Assert.Equal("call: add(a: 17, b: 25)", run.Lines[0]);
        Assert.Equal("result: 42", run.Lines[1]);
        Assert.Contains("42", run.Lines[2], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Thoughts_stand_apart_from_the_answer()
    {
        var run = await CliRun.Of("chat", "--thinking", "What is the capital of France?");

        Assert.Equal(0, run.ExitCode);
        Assert.StartsWith("thinking: ", run.Lines[0], StringComparison.Ordinal);
        Assert.DoesNotContain("thinking", run.Lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_that_reached_its_limit_says_so()
    {
        var run = await CliRun.Of("chat", "--max-tokens", "2", "What is the capital of France?");

        Assert.Contains("cut off", run.Lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_conversation_remembers_until_it_is_cleared()
    {
        using var input = new StringReader("Hello\n/clear\n/claer\n/exit\nnever read\n");
        using var output = new StringWriter();
        using var error = new StringWriter();

        var exitCode = await CliApplication.RunAsync(
            ["chat"], new CliStreams(input, output, error, IsInteractive: true), CancellationToken.None);

        Assert.Equal(0, exitCode);
        Assert.Contains("How can I help you?", output.ToString(), StringComparison.Ordinal);
        Assert.Contains("Did you mean '/clear'?", output.ToString(), StringComparison.Ordinal);
        Assert.Equal("never read", await input.ReadLineAsync());
    }
}
