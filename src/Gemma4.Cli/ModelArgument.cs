using Gemma4.Cli.Arguments;
using Gemma4.Models.Download;
using Gemma4.Nano;

namespace Gemma4.Cli;

/// <summary>The option that says which model a command works with.</summary>
internal static class ModelArgument
{
    public static readonly OptionDefinition Option =
        new("--model", "DIR", "Model folder, or OWNER/NAME that 'gemma4 pull' fetched. Default: the built-in demo model gemma4-nano.");

    public static string Directory(ParsedArguments arguments) =>
        arguments.Text(Option.Name) is { } model ? Resolve(model) : NanoModel.Directory;

    public static Gemma4Options Options(ParsedArguments arguments) =>
        arguments.Has(Option.Name) ? new Gemma4Options { ModelPath = Directory(arguments) } : new Gemma4Options().UseNano();

    private static string Resolve(string model)
    {
        // A folder wins: what is on this disk needs no cache. Neither is left to the reader of folders, which says so.
        if (System.IO.Directory.Exists(model) || model.Split('@')[0].Split('/') is not { Length: 2 } parts || parts.Any(part => part is "" or "." or ".."))
        {
            return model;
        }

        try
        {
            // Offline the task is complete at once.
            return new Gemma4ModelDownloader(new ModelDownloadOptions { Offline = true }).DownloadAsync(model).GetAwaiter().GetResult();
        }
        catch (Gemma4DownloadException exception)
        {
            throw new Gemma4DownloadException($"'{model}' is no folder, and as a model's name: {exception.Message}", exception);
        }
    }
}
