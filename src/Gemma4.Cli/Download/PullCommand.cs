using System.Globalization;
using Gemma4.Cli.Arguments;
using Gemma4.Models.Download;

namespace Gemma4.Cli.Download;

/// <summary>Fetches a model folder from a hub.</summary>
internal static class PullCommand
{
    private const string Model = "OWNER/NAME[@REVISION]";

    private static readonly OptionDefinition Precision = new(
        "--precision", "P", "Variant, where there are several: q4, fp16, int4, a sub-folder, checkpoint.");

    private static readonly OptionDefinition Include = new(
        "--include", "GLOB,...", "Takes exactly the files that match: 'onnx/*_q4*', '*.json', 'cpu/**'.");

    private static readonly OptionDefinition Exclude = new("--exclude", "GLOB,...", "Leaves out the files that match.");
    private static readonly OptionDefinition Output = new("--output", "DIR", "New folder for the model. Default: the cache.");

    private static readonly OptionDefinition Parallel = new("--parallel", "N", "Files at the same time, 1 to 16. Default: 4.");

    private static readonly OptionDefinition Offline = new("--offline", null, "Only looks into the cache and says what is missing.");

    public static CommandDefinition Definition { get; } = new(
        "pull",
        Model,
        0,
        1,
        "Fetches a model folder from a hub; continues an interrupted download.",
        [Precision, Include, Exclude, Output, Parallel, CacheArgument.Option, CacheArgument.Endpoint, Offline],
        RunAsync);

    private static async Task RunAsync(ParsedArguments arguments, CliStreams streams, CancellationToken cancellationToken)
    {
        if (arguments.Positionals.Count == 0)
        {
            throw new UsageException(
                $"'pull' needs {Model}. Usage: gemma4 pull {Model} [OPTIONS], such as 'gemma4 pull google/gemma-4-E2B-it --precision checkpoint'.");
        }

        var model = arguments.Positionals[0];
        var downloader = new Gemma4ModelDownloader(ReadOptions(arguments));
        var folder = await DownloadDisplay
            .ShowAsync(streams, progress => downloader.DownloadAsync(model, progress, cancellationToken))
            .ConfigureAwait(false);
        var bytes = new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length);
        await streams.Output.WriteLineAsync(string.Create(
            CultureInfo.InvariantCulture, $"{folder}: {bytes / 1e6:F1} MB")).ConfigureAwait(false);
        if (IsCheckpoint(folder))
        {
            await streams.Error.WriteLineAsync(
                $"This is a checkpoint. Build the model folder that runs: gemma4 build \"{folder}\" OUT").ConfigureAwait(false);
        }
    }

    private static ModelDownloadOptions ReadOptions(ParsedArguments arguments)
    {
        if (arguments.Has(Include.Name) && arguments.Has(Precision.Name))
        {
            throw new UsageException("'--include' and '--precision' exclude each other.");
        }

        var options = CacheArgument.Options(arguments);
        options.Precision = arguments.Text(Precision.Name);
        options.OutputDirectory = arguments.Text(Output.Name);
        options.Offline = arguments.Has(Offline.Name);
        options.MaxParallelFiles = arguments.Integer(Parallel.Name, 1) ?? options.MaxParallelFiles;
        if (options.MaxParallelFiles > 16)
        {
            throw new UsageException($"'{Parallel.Name}' takes a whole number from 1 to 16, not '{options.MaxParallelFiles}'.");
        }

        foreach (var pattern in Patterns(arguments, Include))
        {
            options.Include.Add(pattern);
        }

        foreach (var pattern in Patterns(arguments, Exclude))
        {
            options.Exclude.Add(pattern);
        }

        return options;
    }

    private static string[] Patterns(ParsedArguments arguments, OptionDefinition option)
    {
        var patterns = arguments.Text(option.Name)?.Split(',', StringSplitOptions.TrimEntries) ?? [];
        return patterns.Contains("") ? throw new UsageException($"'{option.Name}' holds an empty pattern.") : patterns;
    }

    private static bool IsCheckpoint(string folder) =>
        Directory.EnumerateFiles(folder, "*.safetensors").Any()
        && !Directory.EnumerateFiles(folder, "*.onnx", SearchOption.AllDirectories).Any();
}
