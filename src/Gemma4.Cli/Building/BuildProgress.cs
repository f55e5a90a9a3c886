using System.Globalization;
using Gemma4.ModelBuilder;
using Spectre.Console;

namespace Gemma4.Cli.Building;

/// <summary>
/// Shows a build's progress on the error stream, so that standard output holds the outcome only: a bar when a person
/// watches, otherwise a line every tenth of a long build, so that a log shows that it goes on. Reports synchronously,
/// unlike Progress{T}, so that the last line cannot come after the outcome.
/// </summary>
internal sealed class BuildProgress : IProgress<ModelBuildProgress>
{
    // Smaller builds are over before the second line would come.
    private const long SmallestLogged = 1_000_000_000;

    private readonly TextWriter _error;
    private readonly ProgressTask? _bar;
    private long _tenths;

    private BuildProgress(TextWriter error, ProgressTask? bar)
    {
        _error = error;
        _bar = bar;
    }

    /// <summary>Runs <paramref name="build"/> and shows how far it is.</summary>
    public static async Task<ModelBuildResult> ShowAsync(
        CliStreams streams, Func<IProgress<ModelBuildProgress>, Task<ModelBuildResult>> build)
    {
        if (!streams.IsInteractive || streams.IsErrorRedirected)
        {
            return await build(new BuildProgress(streams.Error, null)).ConfigureAwait(false);
        }

        // The stream is wrapped, so the console cannot see for itself that a terminal is behind it.
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(streams.Error),
            Ansi = AnsiSupport.Yes,
            Interactive = InteractionSupport.Yes,
        });
        return await console.Progress()
            .AutoClear(true)
            .Columns(
                new ProgressBarColumn(),
                new PercentageColumn(),
                new DownloadedColumn { Culture = CultureInfo.InvariantCulture },
                new TransferSpeedColumn { Culture = CultureInfo.InvariantCulture },
                new RemainingTimeColumn())
            .StartAsync(context => build(new BuildProgress(streams.Error, context.AddTask("build"))))
            .ConfigureAwait(false);
    }

    public void Report(ModelBuildProgress value)
    {
        if (_bar is not null)
        {
            _bar.MaxValue = value.TotalBytes;
            _bar.Value = value.Bytes;
            return;
        }

        var tenths = value.Bytes * 10 / value.TotalBytes;
        if (value.TotalBytes >= SmallestLogged && tenths > _tenths)
        {
            _tenths = tenths;
            _error.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{tenths * 10,3} % of {value.TotalBytes / 1e6:F1} MB"));
        }
    }
}
