using System.Globalization;
using Gemma4.ModelBuilder;
using Spectre.Console;

namespace Gemma4.Cli.Building;

/// <summary>
/// Shows a build's progress on the error stream, so that standard output holds the outcome only; nothing when no person
/// watches. Reports synchronously, unlike Progress{T}, so that the last line cannot come after the outcome.
/// </summary>
internal sealed class BuildProgress : IProgress<ModelBuildProgress>
{
    private readonly IAnsiConsole? _console;

    public BuildProgress(CliStreams streams) => _console = streams.IsInteractive
        ? AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(streams.Error) })
        : null;

    public void Report(ModelBuildProgress value) => _console?.MarkupLine(string.Create(
        CultureInfo.InvariantCulture, $"[grey]{value.Bytes / 1e6,10:F1} MB[/] {Markup.Escape(value.Weight)}"));
}
