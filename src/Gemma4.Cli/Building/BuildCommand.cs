using System.Globalization;
using Gemma4.Cli.Arguments;
using Gemma4.ModelBuilder;
using Gemma4.Models;

namespace Gemma4.Cli.Building;

/// <summary>Makes a model folder from a safetensors checkpoint, or one of a published size without weights.</summary>
internal static class BuildCommand
{
    private static readonly Dictionary<string, ModelPrecision> Precisions = new()
    {
        ["fp32"] = ModelPrecision.Float32,
        ["fp16"] = ModelPrecision.Float16,
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
        new("--layout", "L", "Division of the folder: text (one graph), multi-model (ONNX Runtime GenAI) or transformers-js. Default: text.") { Values = [.. Layouts.Keys] };

    private static readonly OptionDefinition Precision =
        new("--precision", "P", "Storage of the weights: fp32, fp16 (smaller file, same memory), int8 or int4. Default: fp32.") { Values = [.. Precisions.Keys] };

    private static readonly OptionDefinition EmbeddingPrecision =
        new("--embedding-precision", "P", "Storage of the token embedding, which is also the output head. Default: int8 with int4, else as the weights.") { Values = [.. Precisions.Keys] };

    private static readonly OptionDefinition BlockSize =
        new("--block-size", "N", "Weights that share one scale in int8 and int4: 16, 32, 64, 128 or 256. Default: 32.") { Values = ["16", "32", "64", "128", "256"] };

    private static readonly OptionDefinition Context =
        new("--context", "N", "Longest conversation in tokens. Default: the checkpoint's own, 32768 at most.");

    private static readonly Dictionary<string, KeyValueCache> KeyValueCaches = new()
    {
        ["windowed"] = KeyValueCache.Windowed,
        ["full"] = KeyValueCache.Full,
    };

    private static readonly OptionDefinition KeyValues =
        new("--kv", "KV", "What sliding layers keep: windowed (faster in long conversations, for this library's engine only) or full (for ONNX Runtime GenAI too). Default: windowed with --layout text, else full.") { Values = [.. KeyValueCaches.Keys] };

    private static readonly Dictionary<string, ModelPrecision> KeyValuePrecisions = new()
    {
        ["fp32"] = ModelPrecision.Float32,
        ["int8"] = ModelPrecision.Int8,
    };

    private static readonly OptionDefinition KeyValuePrecision =
        new("--kv-precision", "P", "Storage of what layers with full attention keep: fp32, or int8 (a quarter of the memory, faster answers late in long conversations, slower long prompts, small differences; with --kv windowed only). Default: fp32.") { Values = [.. KeyValuePrecisions.Keys] };

    private static readonly OptionDefinition Overwrite = new("--overwrite", null, "Replaces OUT when it holds something.");

    private static readonly Dictionary<string, Gemma4Size> Sizes = new()
    {
        ["e2b"] = Gemma4Size.E2B,
        ["e4b"] = Gemma4Size.E4B,
        ["12b"] = Gemma4Size.Dense12B,
        ["26b-a4b"] = Gemma4Size.Experts26B,
        ["31b"] = Gemma4Size.Dense31B,
    };

    private static readonly OptionDefinition Random =
        new("--random", "SIZE", "Random weights instead of CHECKPOINT, for measuring: e2b, e4b, 12b, 26b-a4b or 31b.") { Values = [.. Sizes.Keys] };

    private static readonly OptionDefinition Layers =
        new("--layers", "N", "With --random: fewer layers than the size has.");

    private static readonly OptionDefinition Seed =
        new("--seed", "N", "With --random: start of the random weights. Default: 0.");

    public static CommandDefinition Definition { get; } = new(
        "build",
        "CHECKPOINT OUT, or --random SIZE OUT",
        1,
        2,
        "Turns a safetensors checkpoint folder into a model folder.",
        [Layout, Precision, EmbeddingPrecision, BlockSize, Context, KeyValues, KeyValuePrecision, Overwrite, Random, Layers, Seed],
        RunAsync);

    private static async Task RunAsync(ParsedArguments arguments, CliStreams streams, CancellationToken cancellationToken)
    {
        CheckSource(arguments);
        var destination = arguments.Positionals[^1];
        var options = new ModelBuildOptions
        {
            Layout = arguments.Choice(Layout.Name, Layouts, ModelLayout.Text),
            Precision = arguments.Choice(Precision.Name, Precisions, ModelPrecision.Float32),
            EmbeddingPrecision = arguments.Has(EmbeddingPrecision.Name)
                ? arguments.Choice(EmbeddingPrecision.Name, Precisions, ModelPrecision.Float32)
                : null,
            BlockSize = BlockSizeOf(arguments),
            ContextLength = arguments.Integer(Context.Name, 1),
            KeyValues = arguments.Has(KeyValues.Name)
                ? arguments.Choice(KeyValues.Name, KeyValueCaches, KeyValueCache.Full)
                : null,
            KeyValuePrecision = arguments.Choice(KeyValuePrecision.Name, KeyValuePrecisions, ModelPrecision.Float32),
            Overwrite = arguments.Has(Overwrite.Name),
        };
        if (options is { Layout: ModelLayout.TransformersJs, ContextLength: not null })
        {
            // The builder refuses it too, in the words of its C# options.
            throw new UsageException($"'{Context.Name}' does not go with '{Layout.Name} transformers-js': its graph knows no limit. Leave '{Context.Name}' out.");
        }

        if (options.KeyValues == KeyValueCache.Windowed && options.Layout != ModelLayout.Text)
        {
            throw new UsageException($"'{KeyValues.Name} windowed' goes with '{Layout.Name} text' only: other engines read the other layouts. Leave '{KeyValues.Name}' out.");
        }

        if (options.KeyValuePrecision == ModelPrecision.Int8
            && (options.Layout != ModelLayout.Text || options.KeyValues == KeyValueCache.Full))
        {
            throw new UsageException($"'{KeyValuePrecision.Name} int8' goes with '{Layout.Name} text' and '{KeyValues.Name} windowed' only: other engines take caches of one type. Leave '{KeyValuePrecision.Name}' out.");
        }

        if (!options.Overwrite && Directory.Exists(destination) && Directory.EnumerateFileSystemEntries(destination).Any())
        {
            // The builder refuses it too, in the words of its C# option.
            throw new IOException($"'{destination}' is not empty. Name a new folder, or give --overwrite to replace this one.");
        }

        var random = RandomModelOf(arguments);
        var result = await BuildProgress.ShowAsync(streams, progress => random is null
            ? Gemma4ModelBuilder.BuildAsync(arguments.Positionals[0], destination, options, progress, cancellationToken)
            : Gemma4ModelBuilder.BuildRandomAsync(random, destination, options, progress, cancellationToken))
            .ConfigureAwait(false);
        foreach (var note in result.Notes)
        {
            await streams.Error.WriteLineAsync("note: " + note).ConfigureAwait(false);
        }

        var bytes = new DirectoryInfo(destination).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length);
        await streams.Output.WriteLineAsync(string.Create(
            CultureInfo.InvariantCulture, $"{destination}: {bytes / 1e6:F1} MB")).ConfigureAwait(false);
    }

    private static void CheckSource(ParsedArguments arguments)
    {
        if (arguments.Has(Random.Name))
        {
            if (arguments.Positionals.Count > 1)
            {
                throw new UsageException(
                    $"'{Random.Name}' takes the place of CHECKPOINT; leave '{arguments.Positionals[0]}' or '{Random.Name}' out.");
            }

            return;
        }

        if (arguments.Positionals.Count < 2)
        {
            throw new UsageException($"'build' needs {Definition.Positionals}.");
        }

        foreach (var option in new[] { Layers, Seed })
        {
            if (arguments.Has(option.Name))
            {
                throw new UsageException($"'{option.Name}' works with '{Random.Name}' only; a checkpoint has its own weights.");
            }
        }
    }

    private static RandomModel? RandomModelOf(ParsedArguments arguments)
    {
        if (!arguments.Has(Random.Name))
        {
            return null;
        }

        return new RandomModel(arguments.Choice(Random.Name, Sizes, default))
        {
            Layers = arguments.Integer(Layers.Name, 1),
            Seed = arguments.Integer(Seed.Name, 0) ?? 0,
        };
    }

    private static int BlockSizeOf(ParsedArguments arguments)
    {
        var size = arguments.Integer(BlockSize.Name, 1) ?? 32;
        return BlockSize.Values.Contains(size.ToString(CultureInfo.InvariantCulture))
            ? size
            : throw new UsageException($"'{BlockSize.Name}' takes {string.Join(", ", BlockSize.Values)}, not '{size}'.");
    }
}
