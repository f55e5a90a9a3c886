using System.Globalization;
using Gemma4.Cli.Arguments;
using Gemma4.ModelBuilder;
using Gemma4.Models;

namespace Gemma4.Cli.Building;

/// <summary>Turns a safetensors checkpoint into a model folder.</summary>
internal static class BuildCommand
{
    private static readonly Dictionary<string, ModelPrecision> Precisions = new()
    {
        ["fp32"] = ModelPrecision.Float32,
        ["int8"] = ModelPrecision.Int8,
        ["int4"] = ModelPrecision.Int4,
    };

    private static readonly Dictionary<string, ModelLayout> Layouts = new()
    {
        ["text"] = ModelLayout.Text,
        ["multi-model"] = ModelLayout.MultiModel,
        ["transformers-js"] = ModelLayout.TransformersJs,
    };

    private static readonly OptionDefinition Layout =
        new("--layout", "L", "Division of the folder: text (one graph), multi-model (ONNX Runtime GenAI) or transformers-js. Default: text.");

    private static readonly OptionDefinition Precision =
        new("--precision", "P", "Storage of the weights: fp32, int8 or int4. Default: fp32.");

    private static readonly OptionDefinition BlockSize =
        new("--block-size", "N", "Weights that share one scale in int8 and int4: 16, 32, 64, 128 or 256. Default: 32.");

    private static readonly OptionDefinition Context =
        new("--context", "N", "Longest conversation in tokens. Default: the checkpoint's own, 32768 at most.");

    private static readonly OptionDefinition Overwrite = new("--overwrite", null, "Replaces OUT when it holds something.");

    public static CommandDefinition Definition { get; } = new(
        "build",
        "CHECKPOINT OUT",
        2,
        2,
        "Turns a safetensors checkpoint folder into a model folder.",
        [Layout, Precision, BlockSize, Context, Overwrite],
        RunAsync);

    private static async Task RunAsync(ParsedArguments arguments, CliStreams streams, CancellationToken cancellationToken)
    {
        var (checkpoint, destination) = (arguments.Positionals[0], arguments.Positionals[1]);
        var options = new ModelBuildOptions
        {
            Layout = arguments.Choice(Layout.Name, Layouts, ModelLayout.Text),
            Precision = arguments.Choice(Precision.Name, Precisions, ModelPrecision.Float32),
            BlockSize = BlockSizeOf(arguments),
            ContextLength = arguments.Integer(Context.Name, 1),
            Overwrite = arguments.Has(Overwrite.Name),
        };
        if (options is { Layout: ModelLayout.TransformersJs, ContextLength: not null })
        {
            // The builder refuses it too, in the words of its C# options.
            throw new UsageException($"'{Context.Name}' does not go with '{Layout.Name} transformers-js': its graph knows no limit. Leave '{Context.Name}' out.");
        }

        if (!options.Overwrite && Directory.Exists(destination) && Directory.EnumerateFileSystemEntries(destination).Any())
        {
            // The builder refuses it too, in the words of its C# option.
            throw new IOException($"'{destination}' is not empty. Name a new folder, or give --overwrite to replace this one.");
        }

        await Gemma4ModelBuilder
            .BuildAsync(checkpoint, destination, options, new BuildProgress(streams), cancellationToken)
            .ConfigureAwait(false);
        var bytes = new DirectoryInfo(destination).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length);
        await streams.Output.WriteLineAsync(string.Create(
            CultureInfo.InvariantCulture, $"{destination}: {bytes / 1e6:F1} MB")).ConfigureAwait(false);
    }

    private static int BlockSizeOf(ParsedArguments arguments)
    {
        var size = arguments.Integer(BlockSize.Name, 1) ?? 32;
        return size is 16 or 32 or 64 or 128 or 256
            ? size
            : throw new UsageException($"'{BlockSize.Name}' takes 16, 32, 64, 128 or 256, not '{size}'.");
    }
}
