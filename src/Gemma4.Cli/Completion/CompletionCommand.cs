using Gemma4.Cli.Arguments;

namespace Gemma4.Cli.Completion;

/// <summary>Prints the script that completes commands and options in a shell.</summary>
internal static class CompletionCommand
{
    private static readonly Dictionary<string, Func<IReadOnlyList<CommandDefinition>, string>> Shells = new()
    {
        ["bash"] = CompletionScripts.Bash,
        ["zsh"] = CompletionScripts.Zsh,
        ["fish"] = FishScript.Write,
        ["pwsh"] = CompletionScripts.PowerShell,
    };

    public static CommandDefinition Definition { get; } = new(
        "completion",
        "bash|zsh|fish|pwsh",
        1,
        1,
        """
        Prints a completion script; for bash: eval "$(gemma4 completion bash)".

        bash, zsh    eval "$(gemma4 completion zsh)" in ~/.bashrc or ~/.zshrc
        fish         gemma4 completion fish > ~/.config/fish/completions/gemma4.fish
        pwsh         gemma4 completion pwsh | Out-String | Invoke-Expression in $PROFILE
        """,
        [],
        RunAsync);

    private static async Task RunAsync(ParsedArguments arguments, CliStreams streams, CancellationToken cancellationToken)
    {
        var shell = arguments.Positionals[0];
        var script = Shells.TryGetValue(shell, out var write)
            ? write(CliApplication.Commands)
            : throw new UsageException($"'completion' knows {string.Join(", ", Shells.Keys)}, not '{shell}'.{NearestName.Suggest(shell, Shells.Keys)}");
        await streams.Output.WriteAsync(script.AsMemory(), cancellationToken).ConfigureAwait(false);
    }
}
