using System.Globalization;
using Gemma4.Cli.Arguments;
using Gemma4.Cli.Json;
using Gemma4.Models.Download;

namespace Gemma4.Cli.Download;

/// <summary>Shows and empties the cache of fetched models.</summary>
internal static class ModelsCommands
{
    private static readonly OptionDefinition Variant = new(
        "--variant", "V", "Removes this variant only. Default: all of the model.");

    private static readonly OptionDefinition Json = new("--json", null, "Prints one JSON object for each model.");

    public static IReadOnlyList<CommandDefinition> Definitions { get; } =
    [
        new(
            "models list",
            "",
            0,
            0,
            "Lists the fetched models: name, revision, commit, variant, size, last use, state.",
            [CacheArgument.Option, Json],
            ListAsync),
        new(
            "models remove",
            "OWNER/NAME[@REVISION]",
            1,
            1,
            "Removes a fetched model, all its revisions when none is named.",
            [Variant, CacheArgument.Option],
            RemoveAsync),
    ];

    private static async Task ListAsync(ParsedArguments arguments, CliStreams streams, CancellationToken cancellationToken)
    {
        var models = Downloader(arguments).ListCached();
        if (models.Count == 0)
        {
            await streams.Error.WriteLineAsync("gemma4: no model has been fetched; 'gemma4 pull OWNER/NAME' does.").ConfigureAwait(false);
        }

        foreach (var model in models)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (arguments.Has(Json.Name))
            {
                await streams.Output.WriteLineAsync(ToJson(model)).ConfigureAwait(false);
                continue;
            }

            // Tabs, so that a script can take it apart.
            await streams.Output.WriteLineAsync(string.Create(
                CultureInfo.InvariantCulture,
                $"{model.Model}\t{model.Revision}\t{model.Commit[..12]}\t{model.Variant}\t{model.Bytes / 1e6:F1} MB\t{model.LastUsed:yyyy-MM-dd HH:mm}\t{(model.IsComplete ? "complete" : "incomplete")}"))
                .ConfigureAwait(false);
        }
    }

    private static string ToJson(CachedModel model) => JsonLine.Of(json =>
    {
        json.WriteString("model", model.Model);
        json.WriteString("revision", model.Revision);
        json.WriteString("commit", model.Commit);
        json.WriteString("variant", model.Variant);
        json.WriteNumber("bytes", model.Bytes);
        json.WriteString("last_used", model.LastUsed);
        json.WriteString("directory", model.Directory);
        json.WriteBoolean("complete", model.IsComplete);
    });

    private static async Task RemoveAsync(ParsedArguments arguments, CliStreams streams, CancellationToken cancellationToken)
    {
        var downloader = Downloader(arguments);
        var parts = arguments.Positionals[0].Split('@', 2);
        var all = downloader.ListCached();
        var variant = arguments.Text(Variant.Name);
        CachedModel[] chosen = [.. all.Where(model => model.Model == parts[0]
            && (parts.Length == 1 || model.Revision == parts[1] || model.Commit == parts[1])
            && (variant is null || model.Variant == variant))];
        if (chosen.Length == 0)
        {
            throw new InvalidOperationException(
                $"'{arguments.Positionals[0]}'{(variant is null ? "" : $" with the variant '{variant}'")} is not in the cache."
                + NearestName.Suggest(parts[0], all.Select(model => model.Model).Where(name => name != parts[0]).Distinct())
                + " 'gemma4 models list' shows what is.");
        }

        foreach (var model in chosen)
        {
            cancellationToken.ThrowIfCancellationRequested();
            downloader.Remove(model);
            await streams.Output.WriteLineAsync($"removed {model.Model} {model.Revision} {model.Variant}").ConfigureAwait(false);
        }
    }

    private static Gemma4ModelDownloader Downloader(ParsedArguments arguments) => new(CacheArgument.Options(arguments));
}
