using Gemma4.Models.Download;
using Spectre.Console;

namespace Gemma4.Cli.Download;

/// <summary>A download's bar with speed and time left, on the error stream; nothing when no person watches.</summary>
internal static class DownloadDisplay
{
    public static async Task<string> ShowAsync(CliStreams streams, Func<IProgress<ModelDownloadProgress>?, Task<string>> download)
    {
        if (!streams.IsInteractive)
        {
            return await download(null).ConfigureAwait(false);
        }

        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(streams.Error) });
        return await console.Progress()
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn())
            .StartAsync(context => download(new Bar(context.AddTask("Listing", autoStart: true, maxValue: 1))))
            .ConfigureAwait(false);
    }

    internal static string Describe(ModelDownloadProgress progress) => progress.Phase switch
    {
        ModelDownloadPhase.Listing => "Listing",
        ModelDownloadPhase.WaitingForOther => "Another process fetches this model; waiting",
        _ => string.Create(
            System.Globalization.CultureInfo.InvariantCulture,
            $"{progress.FilesDone}/{progress.FilesTotal} files, {progress.BytesDone / 1e6:F1}/{progress.BytesTotal / 1e6:F1} MB, {progress.BytesPerSecond / 1e6:F1} MB/s{Left(progress.Remaining)}"),
    };

    private static string Left(TimeSpan? remaining) => remaining switch
    {
        { TotalDays: >= 1 } => ", more than a day left",
        { } time => $", {time:hh\\:mm\\:ss} left",
        null => "",
    };

    private sealed class Bar(ProgressTask task) : IProgress<ModelDownloadProgress>
    {
        public void Report(ModelDownloadProgress value)
        {
            task.Description = Describe(value);
            if (value.BytesTotal > 0)
            {
                task.MaxValue = value.BytesTotal;
                task.Value = value.BytesDone;
            }
        }
    }
}
