using System.Diagnostics;

namespace Gemma4.Cli.Tests;

public sealed class CompletionTests
{
    [Theory]
    [InlineData("bash")]
    [InlineData("zsh")]
    [InlineData("pwsh")]
    public async Task A_script_names_every_command_and_every_option(string shell)
    {
        var run = await CliRun.Of("completion", shell);

        Assert.Equal(0, run.ExitCode);
        Assert.All(
            CliApplication.Commands.SelectMany(command => command.Name.Split(' ').Concat(command.Options.Select(option => option.Name))),
            word => Assert.Contains(word, run.Output, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("gemma4 ben", "bench")]
    [InlineData("gemma4 inspect tok", "tokens")]
    [InlineData("gemma4 chat --think", "--thinking")]
    [InlineData("gemma4 inspect tokens --dec", "--decode")]
    [InlineData("gemma4 completion z", "zsh")]
    public async Task Bash_completes(string typed, string expected)
    {
        if (!File.Exists("/bin/bash"))
        {
            return; // Windows has no bash of its own; the other tests read the script.
        }

        var script = (await CliRun.Of("completion", "bash")).Output;
        var words = typed.Split(' ');
        var line = $"{script}\nCOMP_WORDS=({string.Join(' ', words)}); COMP_CWORD={words.Length - 1}; _gemma4; echo \"${{COMPREPLY[*]}}\"";
        using var bash = Process.Start(new ProcessStartInfo("/bin/bash", ["-c", line]) { RedirectStandardOutput = true })!;

        Assert.Equal(expected, (await bash.StandardOutput.ReadToEndAsync()).Trim());
    }

    [Fact]
    public async Task An_unknown_shell_is_wrong_usage()
    {
        var run = await CliRun.Of("completion", "bsh");

        Assert.Equal(2, run.ExitCode);
        Assert.Contains("Did you mean 'bash'?", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Help_before_a_command_is_its_help() =>
        Assert.Equal((await CliRun.Of("chat", "--help")).Output, (await CliRun.Of("help", "chat")).Output);
}
