using Gemma4.Cli.Tests.Building;

namespace Gemma4.Cli.Tests.Chat;

/// <summary>The program with signals, pipes and a terminal.</summary>
public sealed class ChatProcessTests
{
    private const string Escape = "\u001b";
    private const string Color = "\u001b[38;5;";
    private const string CtrlC = "\u0003";

    [LinuxFact]
    public async Task An_interrupted_answer_is_kept_as_far_as_it_came_and_the_exit_code_is_130()
    {
        const string FirstToken = "Tu"; // of this seed
        using var chat = CliProcess.Interrupted(["chat", .. CliProcess.Endless, "Hello"], FirstToken.Length);
        var run = await chat.EndAsync();

        Assert.StartsWith(FirstToken, run.Output, StringComparison.Ordinal);
        Assert.EndsWith("\n", run.Output, StringComparison.Ordinal);
        Assert.Equal("(stopped)\n130\n", run.Error);
    }

    [LinuxFact]
    public async Task The_output_in_a_pipe_is_the_answer_without_escape_sequences()
    {
        using var chat = CliProcess.InPipe(["chat", "--tools", "demo", "What is 17 plus 25?"]);
        var run = await chat.EndAsync();

        Assert.Equal(0, run.ExitCode);
        Assert.Equal("The result is 42.\n", run.Output);
        Assert.Equal("call: add(a: 17, b: 25)\nresult: 42\n", run.Error);
    }

    [LinuxFact]
    public async Task A_reader_that_has_enough_ends_the_program()
    {
        using var pipe = CliProcess.InPipe(["chat", "--json"], "{ dotnet \"$@\"; echo $? >&2; } | head -1");
        await pipe.TypeAsync(string.Concat(Enumerable.Repeat("Hello\n/clear\n", 200)));
        var run = await pipe.EndAsync();

        Assert.Single(run.Lines);
        Assert.Equal("141\n", run.Error); // 128 and the number of the signal, as of any program
    }

    [LinuxFact]
    public async Task A_full_disk_is_an_error_and_no_crash()
    {
        using var pipe = CliProcess.InPipe(["doctor"], "exec dotnet \"$@\" > /dev/full");
        var run = await pipe.EndAsync();

        Assert.Equal(1, run.ExitCode);
        Assert.StartsWith("gemma4: ", run.Error, StringComparison.Ordinal);
        Assert.Single(run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [LinuxFact]
    public async Task The_exit_code_tells_wrong_usage_where_no_error_can_be_written()
    {
        using var pipe = CliProcess.InPipe(["chat", "--bogus"], "exec dotnet \"$@\" 2> /dev/full");

        Assert.Equal(2, (await pipe.EndAsync()).ExitCode);
    }

    [TerminalFact]
    public async Task Colors_are_for_a_terminal_where_they_are_wanted()
    {
        using var colored = CliProcess.AtTerminal(["chat", "--tools", "demo", "What is 17 plus 25?"]);
        using var plain = CliProcess.AtTerminal(["chat", "--tools", "demo", "What is 17 plus 25?"], noColor: true);
        var (withColors, without) = (await colored.EndAsync(), await plain.EndAsync());

        Assert.Contains(Color, withColors.Output, StringComparison.Ordinal);
        Assert.Contains("call: add(a: 17, b: 25)", without.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(Escape + "[3", without.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(Escape + "[0m", without.Output, StringComparison.Ordinal);
    }

    [TerminalFact]
    public async Task At_a_terminal_the_first_press_ends_the_answer_and_the_chat_goes_on()
    {
        using var chat = CliProcess.AtTerminal(["chat", .. CliProcess.Endless], noColor: true);
        await chat.UntilAsync("> ");
        Assert.Contains("gemma4 chat", chat.Output, StringComparison.Ordinal);
        Assert.Contains("gemma4-nano", chat.Output, StringComparison.Ordinal);
        Assert.Contains("/clear forgets", chat.Output, StringComparison.Ordinal);

        await chat.TypeAsync("Hello\r");
        await chat.UntilAsync("Tu", answer: CtrlC);
        await chat.UntilAsync("(stopped; Ctrl+C once more leaves)");
        await chat.UntilAsync("> ");
        await chat.TypeAsync("/exit\r");
        var run = await chat.EndAsync();

        Assert.Equal(0, run.ExitCode);
    }
}
