using Gemma4.Cli.Arguments;
using Gemma4.Models.Download;

namespace Gemma4.Cli.Download;

/// <summary>The options that say where models come from and where they are kept.</summary>
internal static class CacheArgument
{
    public static readonly OptionDefinition Option = new(
        "--cache", "DIR", "Folder of all models. Default: GEMMA4_CACHE, else the system's cache folder.");

    public static readonly OptionDefinition Endpoint = new(
        "--endpoint", "URL", "Hub. Default: HF_ENDPOINT, else https://huggingface.co. A token comes from HF_TOKEN.");

    public static ModelDownloadOptions Options(ParsedArguments arguments) => new()
    {
        CacheDirectory = arguments.Text(Option.Name),
        Endpoint = ReadEndpoint(arguments),
    };

    private static Uri? ReadEndpoint(ParsedArguments arguments)
    {
        if (arguments.Text(Endpoint.Name) is not { } text)
        {
            return null;
        }

        return Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "http" or "https" && address.Query.Length == 0
            ? address
            : throw new UsageException($"'{Endpoint.Name}' takes an address such as https://huggingface.co, not '{text}'.");
    }
}
