using Gemma4.Cli.Arguments;

namespace Gemma4.Cli.Completion;

/// <summary>Prints the script that completes commands and options in a shell.</summary>
internal static class CompletionCommand
{
    private static readonly Dictionary<string, Func<IReadOnlyList<CommandDefinition>, string>> Shells = new()
    {
        ["bash"] = CompletionScripts.Bash,
        ["zsh"] = CompletionScripts.Zsh,
        ["pwsh"] = CompletionScripts.PowerShell,
    };

    public static CommandDefinition Definition { get; } = new(
        "completion",
        "bash|zsh|pwsh",
        1,
        1,
        "Prints a completion script; for bash: eval \"$(gemma4 completion bash)\".",
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
