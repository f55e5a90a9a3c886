using System.Reflection;
using Gemma4.Cli.Arguments;
using Gemma4.Cli.Benchmarking;
using Gemma4.Cli.Building;
using Gemma4.Cli.Chat;
using Gemma4.Cli.Completion;
using Gemma4.Cli.Doctor;
using Gemma4.Cli.Download;
using Gemma4.Cli.Evaluation;
using Gemma4.Cli.Inspect;
using Gemma4.Cli.Retrieval;

namespace Gemma4.Cli;

/// <summary>The program without its process: picks the command, runs it, turns outcomes into exit codes.</summary>
internal static class CliApplication
{
    private const int Success = 0;
    private const int Failure = 1;
    private const int WrongUsage = 2;
    private const int Cancelled = 130;

    public static IReadOnlyList<CommandDefinition> Commands { get; } =
    [
        ChatCommand.Definition, IndexCommand.Definition, AskCommand.Definition, PullCommand.Definition, .. ModelsCommands.Definitions, BuildCommand.Definition,
        DoctorCommand.Definition, BenchCommand.Definition, EvalCommand.Definition, .. InspectCommands.Definitions, CompletionCommand.Definition,
    ];

    public static Task<int> RunAsync(
        string[] args, TextReader input, TextWriter output, TextWriter error, CancellationToken cancellationToken) =>
        RunAsync(args, new CliStreams(input, output, error), cancellationToken);

    public static async Task<int> RunAsync(string[] args, CliStreams streams, CancellationToken cancellationToken)
    {
        try
        {
            var code = await RunCommandAsync(args, streams, cancellationToken).ConfigureAwait(false);
            // Here, where a full disk is still an outcome.
            await streams.Output.FlushAsync(CancellationToken.None).ConfigureAwait(false);
            return code;
        }
        catch (UsageException problem)
        {
            await EndAsync(streams, $"{problem.Message} 'gemma4 {HelpOf(args)}--help' shows the usage.").ConfigureAwait(false);
            return WrongUsage;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await EndAsync(streams, problem: null).ConfigureAwait(false);
            return Cancelled;
        }
        catch (Exception problem)
        {
            await EndAsync(streams, MessageOf(problem)).ConfigureAwait(false);
            return Failure;
        }
    }

    // The exit code tells what happened, even where nothing more can be written.
    private static async Task EndAsync(CliStreams streams, string? problem)
    {
        try
        {
            await streams.Output.FlushAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (IOException)
        {
        }

        try
        {
            if (problem is not null)
            {
                await streams.Error.WriteLineAsync("gemma4: " + TerminalText.WithoutControls(problem)).ConfigureAwait(false);
            }
        }
        catch (IOException)
        {
        }
    }

    private static async Task<int> RunCommandAsync(string[] args, CliStreams streams, CancellationToken cancellationToken)
    {
        if (args.Length == 0)
        {
            await streams.Error.WriteAsync(HelpText.Overview(Commands)).ConfigureAwait(false);
            return WrongUsage;
        }

        if (args[0] is "--version")
        {
            await streams.Output.WriteLineAsync(Version()).ConfigureAwait(false);
            return Success;
        }

        if (args is ["help", _, ..])
        {
            args = [.. args[1..], "--help"];
        }

        if (args[0] is "--help" or "-h" or "help")
        {
            await streams.Output.WriteAsync(HelpText.Overview(Commands)).ConfigureAwait(false);
            return Success;
        }

        var options = args.TakeWhile(word => word != "--").ToArray();
        var wantsHelp = options.Contains("--help") || options.Contains("-h");
        if (FindCommand(args, wantsHelp) is not var (command, wordCount))
        {
            await streams.Output.WriteAsync(HelpText.Group(args[0], Commands)).ConfigureAwait(false);
            return Success;
        }

        if (wantsHelp)
        {
            await streams.Output.WriteAsync(HelpText.Of(command)).ConfigureAwait(false);
            return Success;
        }

        var arguments = ArgumentParser.Parse(command, args.AsSpan(wordCount));
        await command.RunAsync(arguments, streams, cancellationToken).ConfigureAwait(false);
        return Success;
    }

    /// <summary>The command and how many words name it; null for the help of a group such as <c>inspect --help</c>.</summary>
    private static (CommandDefinition Command, int WordCount)? FindCommand(string[] args, bool wantsHelp)
    {
        if (Commands.FirstOrDefault(command => command.Name == args[0]) is { } single)
        {
            return (single, 1);
        }

        var group = Commands.Where(command => command.Name.StartsWith(args[0] + " ", StringComparison.Ordinal)).ToArray();
        if (group.Length == 0)
        {
            throw new UsageException(
                $"there is no command '{args[0]}'."
                + (args[0] is ['-', ..] ? " Options follow the command." : "")
                + (args[0].Contains(' ', StringComparison.Ordinal) ? " 'gemma4 chat' takes questions." : "")
                + NearestName.Suggest(args[0], Commands.Select(command => command.Name.Split(' ')[0]).Append("--help").Append("--version").Distinct()));
        }

        var names = group.Select(command => command.Name[(args[0].Length + 1)..]).ToArray();
        if (args.Length > 1 && Array.IndexOf(names, args[1]) is >= 0 and var index)
        {
            return (group[index], 2);
        }

        return wantsHelp
            ? null
            : throw new UsageException(args.Length == 1
                ? $"'{args[0]}' needs one of {string.Join(", ", names)}."
                : $"'{args[0]}' knows {string.Join(", ", names)}, not '{args[1]}'.{NearestName.Suggest(args[1], names)}");
    }

    /// <summary>The words of the command that was meant, with a space at the end; nothing when it cannot be told.</summary>
    private static string HelpOf(string[] args)
    {
        string[] candidates = [string.Join(' ', args.Take(2)), args[0]];
        return candidates.FirstOrDefault(words => Commands.Any(command => (command.Name + " ").StartsWith(words + " ", StringComparison.Ordinal))) is { } words
            ? words + " "
            : "";
    }

    private static string Version()
    {
        var version = typeof(CliApplication).Assembly
            .GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;
        return version.Split('+')[0];
    }

    /// <summary>What a problem says, on one line, without the names that arguments have in the code.</summary>
    internal static string MessageOf(Exception problem) => problem is ArgumentException { ParamName: { } name }
        ? OneLine(problem.Message.Split('\n')[0].Replace($" (Parameter '{name}')", "", StringComparison.Ordinal))
        : OneLine(problem.Message);

    internal static string OneLine(string message) =>
        string.Join(' ', message.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
}
