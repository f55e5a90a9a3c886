namespace Gemma4.Cli.Tests;

public sealed class CliApplicationTests
{
    [Theory]
    [InlineData("chta", "Did you mean 'chat'?")]
    [InlineData("insepct", "Did you mean 'inspect'?")]
    [InlineData("--hepl", "Did you mean '--help'?")]
    public async Task An_unknown_command_is_wrong_usage_with_a_suggestion(string command, string suggestion)
    {
        var run = await CliRun.Of(command);

        Assert.Equal(2, run.ExitCode);
        Assert.Contains(suggestion, run.Error, StringComparison.Ordinal);
        Assert.Empty(run.Output);
    }

    [Theory]
    [InlineData("build a b --precison int4", "Did you mean '--precision'?")]
    [InlineData("chat --thinkin hello", "Did you mean '--thinking'?")]
    [InlineData("build a b --precision int5", "Did you mean 'int8'?")]
    [InlineData("inspect token", "Did you mean 'tokens'?")]
    [InlineData("inspect", "needs one of tokens, prompt, output, grammar, safety, logits")]
    [InlineData("build a", "needs CHECKPOINT OUT")]
    [InlineData("build a b c", "no use for 'c'")]
    [InlineData("build a b --context", "needs a value")]
    [InlineData("build a b --context --overwrite", "needs a value")]
    [InlineData("build a b --context zero", "a whole number")]
    [InlineData("build a b --block-size 33", "16, 32, 64")]
    [InlineData("build a b --overwrite=yes", "takes no value")]
    [InlineData("inspect tokens --tokenizer a --model b", "exclude each other")]
    [InlineData("inspect safety --model b", "'inspect safety' has no option '--model'")]
    [InlineData("inspect grammar --model b", "'inspect grammar' has no option '--model'")]
    [InlineData("ask", "'ask' needs QUESTION. ")]
    [InlineData("--model x chat hello", "Options follow the command.")]
    [InlineData("chat --top-p 1.5 hello", "from 0 to 1")]
    [InlineData("chat --jsno hello", "Did you mean '--json'?")]
    [InlineData("ask --jsno hello", "Did you mean '--json'?")]
    [InlineData("ask hello --top 0", "a whole number of 1 or more")]
    [InlineData("ask --store file hello", "takes sqlite:FILE")]
    [InlineData("models lst", "'gemma4 models --help' shows the usage")]
    [InlineData("models list --jsn", "'gemma4 models list --help' shows the usage")]
    [InlineData("nothing", "'gemma4 --help' shows the usage")]
    public async Task Wrong_usage_says_what_is_wrong_and_exits_with_2(string line, string message)
    {
        var run = await CliRun.Of(line.Split(' '));

        Assert.Equal(2, run.ExitCode);
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
        Assert.Single(run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task A_failure_does_not_speak_of_the_code()
    {
        var run = await CliRun.Of("build", "--random", "e2b", "--layers", "99", "never");

        Assert.Equal((1, "gemma4: Layers is 99; E2B has 35. Choose 1 to 35, or null for all.\n"), (run.ExitCode, run.Error));
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("-h")]
    [InlineData("help")]
    public async Task Help_names_every_command(string word)
    {
        var run = await CliRun.Of(word);

        Assert.Equal(0, run.ExitCode);
        Assert.All(CliApplication.Commands, command => Assert.Contains("  " + command.Name + " ", run.Output, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Help_of_a_command_names_every_option()
    {
        foreach (var command in CliApplication.Commands)
        {
            var run = await CliRun.Of([.. command.Name.Split(' '), "--help"]);

            Assert.Equal(0, run.ExitCode);
            Assert.All(command.Options, option => Assert.Contains("  " + option.Name, run.Output, StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task Help_of_a_group_names_its_commands()
    {
        var run = await CliRun.Of("inspect", "--help");

        Assert.Equal(0, run.ExitCode);
        Assert.Contains("inspect logits", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("build", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_version_is_one_line()
    {
        var run = await CliRun.Of("--version");

        Assert.Equal(0, run.ExitCode);
        Assert.Matches(@"^\d+\.\d+\.\d+\n$", run.Output);
    }

    [Fact]
    public async Task Without_a_command_the_usage_goes_to_the_error_stream()
    {
        var run = await CliRun.Of();

        Assert.Equal(2, run.ExitCode);
        Assert.Empty(run.Output);
        Assert.Contains("Usage: gemma4", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failure_is_one_line_and_exit_code_1()
    {
        var run = await CliRun.Of("inspect", "tokens", "--model", "no/such/folder");

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("no/such/folder", run.Error, StringComparison.Ordinal);
        Assert.Single(run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task A_question_without_a_command_is_told_where_questions_go()
    {
        var run = await CliRun.Of("What is the capital of France?");

        Assert.Equal(2, run.ExitCode);
        Assert.Contains("'gemma4 chat' takes questions", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("chat --json hello --model")]
    [InlineData("bench --json --model")]
    [InlineData("bench --json --compare")]
    public async Task A_failure_with_JSON_leaves_the_output_empty_and_names_the_folder_of_a_file(string command)
    {
        var file = RepositoryData.Path("nano", "reference.json");
        Assert.True(File.Exists(file), file);

        var run = await CliRun.Of([.. command.Split(' '), file]);

        Assert.Equal(1, run.ExitCode);
        Assert.Empty(run.Output);
        Assert.Contains("is a file. Name the folder that holds it", run.Error, StringComparison.Ordinal);
        Assert.Single(run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task Control_characters_in_what_is_wrong_stay_off_the_terminal()
    {
        var run = await CliRun.Of("chat", "--model", "no\u001b]0;title\u0007folder", "hello");

        Assert.Equal(1, run.ExitCode);
        Assert.DoesNotContain(run.Error, letter => char.IsControl(letter) && letter != '\n');
    }

    [Fact]
    public async Task A_cancelled_run_exits_with_130()
    {
        var run = await CliRun.WithInput("{}", ["inspect", "tokens"], new CancellationToken(canceled: true));

        Assert.Equal(130, run.ExitCode);
    }
}
