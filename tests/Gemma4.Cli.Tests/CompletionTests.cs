using System.Diagnostics;

namespace Gemma4.Cli.Tests;

public sealed class CompletionTests
{
    private const string BashShell = "/bin/bash";
    private const string FishShell = "/usr/bin/fish";
    private const string ZshShell = "/usr/bin/zsh";

    [Theory]
    [InlineData("bash")]
    [InlineData("zsh")]
    [InlineData("fish")]
    [InlineData("pwsh")]
    public async Task A_script_names_every_command_and_every_option(string shell)
    {
        var run = await CliRun.Of("completion", shell);

        Assert.Equal(0, run.ExitCode);
        Assert.All(
            CliApplication.Commands.SelectMany(command => command.Name.Split(' ').Concat(command.Options.Select(option => option.Name))),
            word => Assert.Contains(word.TrimStart('-'), run.Output, StringComparison.Ordinal));
    }

    [ShellTheory(BashShell)]
    [InlineData("gemma4 ben", "bench")]
    [InlineData("gemma4 inspect tok", "tokens")]
    [InlineData("gemma4 chat --think", "--thinking")]
    [InlineData("gemma4 inspect tokens --dec", "--decode")]
    [InlineData("gemma4 completion z", "zsh")]
    [InlineData("gemma4 hel", "help")]
    [InlineData("gemma4 help mod", "models")]
    [InlineData("gemma4 build --layout mul", "multi-model")]
    [InlineData("gemma4 build in out --random e2", "e2b")]
    [InlineData("gemma4 build --layout = tr", "transformers-js")]
    [InlineData("gemma4 chat --model ''", "")]
    [InlineData("gemma4 inspect tokens --model ''", "")]
    public async Task Bash_completes(string typed, string expected)
    {
        var script = (await CliRun.Of("completion", "bash")).Output;
        var words = typed.Split(' ');
        var line = $"{script}\nCOMP_WORDS=({string.Join(' ', words)}); COMP_CWORD={words.Length - 1}; _gemma4; echo \"${{COMPREPLY[*]}}\"";

        Assert.Equal(expected, await OutputOfAsync(BashShell, line));
    }

    [ShellTheory(FishShell)]
    [InlineData("gemma4 ben", "bench")]
    [InlineData("gemma4 inspect tok", "tokens")]
    [InlineData("gemma4 chat --think", "--thinking")]
    [InlineData("gemma4 chat hello --think", "--thinking")]
    [InlineData("gemma4 build --layout mul", "multi-model")]
    [InlineData("gemma4 build --layout=mul", "--layout=multi-model")]
    [InlineData("gemma4 completion fi", "fish")]
    [InlineData("gemma4 help mod", "models")]
    public async Task Fish_completes(string typed, string expected)
    {
        var script = (await CliRun.Of("completion", "fish")).Output;
        var answer = await OutputOfAsync(FishShell, $"{script}\ncomplete -C '{typed}'");

        Assert.Equal(expected, answer.Split('\t')[0]);
    }

    [ShellTheory(ZshShell)]
    [InlineData("gemma4 build --layout ''", "-- text multi-model transformers-js")]
    [InlineData("gemma4 chat --model ''", "files")]
    [InlineData("gemma4 help models ''", "-- list remove\nfiles")]
    public async Task Zsh_completes(string typed, string expected)
    {
        var script = (await CliRun.Of("completion", "zsh")).Output;

        // The words that completion would be given, and in place of its own commands one that prints.
        var line = $"compdef() {{ }}; compadd() {{ echo $* }}; _files() {{ echo files }}\n{script}\nwords=({typed}); CURRENT=$#words; _gemma4";

        Assert.Equal(expected, await OutputOfAsync(ZshShell, line));
    }

    private static async Task<string> OutputOfAsync(string shell, string line)
    {
        using var process = Process.Start(new ProcessStartInfo(shell, ["-c", line]) { RedirectStandardOutput = true })!;
        return (await process.StandardOutput.ReadToEndAsync()).Trim();
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
