using Gemma4.Cli.Arguments;
using Gemma4.Models.Download;
using Gemma4.Nano;
using Microsoft.Extensions.AI;

namespace Gemma4.Cli;

/// <summary>The option that says which model a command works with.</summary>
internal static class ModelArgument
{
    public static readonly OptionDefinition Option =
        new("--model", "DIR", "Model folder, or OWNER/NAME that 'gemma4 pull' fetched. Default: the built-in demo model gemma4-nano.");

    public static string Directory(ParsedArguments arguments) =>
        arguments.Text(Option.Name) is { } model ? Resolve(model) : NanoModel.Directory;

    /// <summary>Whether a client runs the built-in demo model, which needs its own defaults.</summary>
    public static bool IsNano(IChatClient client) => ModelId(client) == NanoModel.FolderName;

    public static string ModelId(IChatClient client) => client.GetService<ChatClientMetadata>()?.DefaultModelId ?? "";

    public static Gemma4Options Options(ParsedArguments arguments) =>
        arguments.Has(Option.Name) ? new Gemma4Options { ModelPath = Directory(arguments) } : new Gemma4Options().UseNano();

    /// <summary>The folder that a person means by a path or by a fetched model's name.</summary>
    /// <exception cref="Gemma4ModelException">It is a file.</exception>
    /// <exception cref="Gemma4DownloadException">It is the name of a model that is not in the cache.</exception>
    public static string Resolve(string model)
    {
        if (File.Exists(model))
        {
            throw new Gemma4ModelException(
                $"'{model}' is a file. Name the folder that holds it{(Path.GetDirectoryName(model) is { Length: > 0 } folder ? $": '{folder}'" : ": '.'")}.");
        }

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
