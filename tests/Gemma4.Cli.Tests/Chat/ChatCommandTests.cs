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

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    public async Task An_empty_prompt_is_wrong_usage(string prompt)
    {
        var run = await CliRun.Of("chat", prompt);

        Assert.Equal(2, run.ExitCode);
        Assert.Contains("the prompt is empty", run.Error, StringComparison.Ordinal);
        Assert.Contains("'gemma4 chat --help'", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Calls_and_results_go_to_the_error_stream_so_that_a_pipe_gets_the_answer_alone()
    {
        var run = await CliRun.Of("chat", "--tools", "demo", "What is 17 plus 25?");

        Assert.Equal(0, run.ExitCode);
        Assert.Equal("The result is 42.\n", run.Output);
        Assert.Equal("call: add(a: 17, b: 25)\nresult: 42\n", run.Error);
    }

    [Fact]
    public async Task Thoughts_stand_apart_from_the_answer()
    {
        var run = await CliRun.Of("chat", "--thinking", "What is the capital of France?");

        Assert.Equal(0, run.ExitCode);
        Assert.StartsWith("thinking: ", run.Error, StringComparison.Ordinal);
        Assert.EndsWith("\n", run.Error, StringComparison.Ordinal);
        Assert.Equal("The capital of France is Paris.\n", run.Output);
    }

    [Fact]
    public async Task An_answer_that_reached_its_limit_says_so()
    {
        var run = await CliRun.Of("chat", "--max-tokens", "2", "What is the capital of France?");

        Assert.Contains("cut off", run.Error, StringComparison.Ordinal);
        Assert.Single(run.Lines);
    }

    [Fact]
    public async Task At_a_terminal_everything_is_shown_in_one_place()
    {
        using var input = new StringReader("");
        using var output = new StringWriter();
        using var error = new StringWriter();

        var exitCode = await CliApplication.RunAsync(
            ["chat", "--tools", "demo", "What is 17 plus 25?"],
            new CliStreams(input, output, error) { IsTerminal = true, NoColor = true },
            CancellationToken.None);

        Assert.Equal(0, exitCode);
        Assert.StartsWith("call: add(a: 17, b: 25)\nresult: 42\nThe result is 42.\n", output.ToString(), StringComparison.Ordinal);
        Assert.Contains("tokens in", output.ToString(), StringComparison.Ordinal);
        Assert.Equal("", error.ToString());
    }

    [Fact]
    public async Task The_first_press_ends_an_answer_of_a_conversation_which_forgets_it()
    {
        using var interruption = new Interruption();
        using var input = new StringReader("Hello\nHello\n");
        using var output = new PressingWriter(interruption);
        using var error = new StringWriter();

        var exitCode = await CliApplication.RunAsync(
            ["chat"],
            new CliStreams(input, output, error, IsInteractive: true) { Interruption = interruption, NoColor = true },
            interruption.Program);

        Assert.Equal(0, exitCode);
        Assert.Contains("(stopped; Ctrl+C once more leaves)", output.ToString(), StringComparison.Ordinal);
        Assert.Contains("How can I help you?", output.ToString(), StringComparison.Ordinal);
        Assert.Contains("10 tokens in", output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_message_that_fails_does_not_end_a_conversation()
    {
        using var input = new StringReader(string.Concat(Enumerable.Repeat("word ", 6000)) + "\nHello\n");
        using var output = new StringWriter();
        using var error = new StringWriter();

        var exitCode = await CliApplication.RunAsync(
            ["chat"], new CliStreams(input, output, error, IsInteractive: true) { NoColor = true }, CancellationToken.None);

        Assert.Equal(0, exitCode);
        Assert.Contains("the context holds 4096", output.ToString().ReplaceLineEndings(" "), StringComparison.Ordinal);
        Assert.Contains("How can I help you?", output.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"\"\"What is the capital\nof France?\"\"\"\n/exit\n")]
    [InlineData("\"\"\"\nWhat is the capital of France?\n\"\"\"\n/exit\n")]
    [InlineData("\"\"\"What is the capital of France?\"\"\"\n/exit\n")]
    [InlineData("\"\"\"\nWhat is the capital of France?")]
    public async Task Quotes_hold_a_message_of_several_lines_together(string typed)
    {
        var (exitCode, output) = await TalkAsync(typed);

        Assert.Equal(0, exitCode);
        Assert.Contains("The capital of France is Paris.", output, StringComparison.Ordinal);
        Assert.Single(output.Split("tokens in")[1..]);
    }

    [Fact]
    public async Task Help_lists_what_a_conversation_knows()
    {
        var (_, output) = await TalkAsync("/help\n/nothing\n/exit\n");

        Assert.All(["/clear ", "/exit ", "\"\"\" ", "Ctrl+C "], word => Assert.Contains(word, output, StringComparison.Ordinal));
        Assert.Contains("There is no '/nothing'. /help lists", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_leaves_at_the_prompt_leaves_its_line_ended()
    {
        var (_, output) = await TalkAsync("");

        Assert.EndsWith("> \n", output, StringComparison.Ordinal);
    }

    private static async Task<(int ExitCode, string Output)> TalkAsync(string typed)
    {
        using var input = new StringReader(typed);
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter();
        var exitCode = await CliApplication.RunAsync(
            ["chat"], new CliStreams(input, output, error, IsInteractive: true) { NoColor = true }, CancellationToken.None);
        return (exitCode, output.ToString());
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

    /// <summary>Presses Ctrl+C once, when the first piece of an answer is written.</summary>
    private sealed class PressingWriter(Interruption interruption) : StringWriter
    {
        private bool _isPressed;

        public override void Write(string? value)
        {
            base.Write(value);
            if (!_isPressed && value?.Contains("Hello", StringComparison.Ordinal) == true)
            {
                _isPressed = true;
                Assert.True(interruption.Press());
            }
        }
    }
}
