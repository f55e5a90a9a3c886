using Gemma4.ModelBuilder.Checkpoints;
using Gemma4.ModelBuilder.Folders;
using Gemma4.ModelBuilder.Graphs;
using Gemma4.ModelBuilder.Onnx;
using Gemma4.Models;

namespace Gemma4.ModelBuilder;

/// <summary>Turns a Gemma 4 checkpoint as Hugging Face publishes it into a folder that ONNX Runtime can run.</summary>
public static class Gemma4ModelBuilder
{
    private static readonly int[] BlockSizes = [16, 32, 64, 128, 256];
    private static readonly string[] OptionalFiles =
        ["generation_config.json", "tokenizer_config.json", "special_tokens_map.json", "chat_template.jinja"];

    /// <summary>
    /// Builds the text model: the graphs with their weights, genai_config.json where the layout has one, the tokenizer
    /// and configuration files of the checkpoint, and a README.md that names the sources. The same checkpoint and options give the same bytes.
    /// Weights pass through a few rows at a time, so memory stays small; the disk needs room for the result. The folder
    /// appears under its name only when it is complete.
    /// </summary>
    /// <param name="checkpointDirectory">Folder with config.json, tokenizer.json and model.safetensors, or its shards
    /// and their index.</param>
    /// <param name="outputDirectory">Folder to make. It must be absent or empty, unless
    /// <see cref="ModelBuildOptions.Overwrite"/> is set.</param>
    /// <param name="options">Precision and limits; null for exact 32-bit floats.</param>
    /// <param name="progress">Told of each weight written, on the building thread.</param>
    /// <param name="cancellationToken">Ends the build and removes what was written.</param>
    /// <exception cref="DirectoryNotFoundException">The checkpoint folder does not exist.</exception>
    /// <exception cref="FileNotFoundException">A needed file is missing in it.</exception>
    /// <exception cref="InvalidDataException">A file is damaged or does not fit the others.</exception>
    /// <exception cref="NotSupportedException">The model is no dense Gemma 4 text model, or an option does not go
    /// with the layout.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of range.</exception>
    /// <exception cref="IOException">The output folder is in use, not empty, or the disk is full.</exception>
    public static async Task BuildAsync(
        string checkpointDirectory,
        string outputDirectory,
        ModelBuildOptions? options = null,
        IProgress<ModelBuildProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(checkpointDirectory);
        ArgumentException.ThrowIfNullOrEmpty(outputDirectory);
        options ??= new ModelBuildOptions();
        Check(options);
        if (!Directory.Exists(checkpointDirectory))
        {
            throw new DirectoryNotFoundException(
                $"The checkpoint folder '{checkpointDirectory}' does not exist. Name the folder that holds "
                + "config.json, tokenizer.json and model.safetensors.");
        }

        await Task.Run(
            () => RunAsync(checkpointDirectory, outputDirectory, options, progress, cancellationToken),
            cancellationToken).ConfigureAwait(false);
    }

    private static async Task RunAsync(
        string source,
        string output,
        ModelBuildOptions options,
        IProgress<ModelBuildProgress>? progress,
        CancellationToken cancellationToken)
    {
        var configPath = Path.Combine(source, "config.json");
        var tokenizerPath = Path.Combine(source, "tokenizer.json");
        var config = TextConfig.Read(configPath);
        var generation = GenerationConfig.Read(Path.Combine(source, "generation_config.json"));
        var contextLength = ContextLength(config, options);
        TokenizerCheck.Check(tokenizerPath, config.VocabularySize);
        using var checkpoint = Checkpoint.Open(source);
        using var folder = StagedFolder.Create(output, options.Overwrite);

        foreach (var file in GraphFile.Of(options))
        {
            var path = Path.Combine(folder.Path, file.Path);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await File.WriteAllBytesAsync(
                path,
                BuildGraph(config, checkpoint, folder.Path, file, options, contextLength, progress, cancellationToken),
                cancellationToken).ConfigureAwait(false);
        }

        if (options.Layout != ModelLayout.TransformersJs)
        {
            await File.WriteAllBytesAsync(
                Path.Combine(folder.Path, "genai_config.json"),
                GenAiConfig.Write(config, generation, contextLength, options.Layout),
                cancellationToken).ConfigureAwait(false);
        }

        string[] copies = [configPath, tokenizerPath, .. OptionalFiles.Select(name => Path.Combine(source, name))];
        foreach (var file in copies.Where(File.Exists))
        {
            // Copied by content: attributes such as read-only stay behind.
            var content = await File.ReadAllBytesAsync(file, cancellationToken).ConfigureAwait(false);
            await File.WriteAllBytesAsync(
                Path.Combine(folder.Path, Path.GetFileName(file)), content, cancellationToken).ConfigureAwait(false);
        }

        var card = await ModelCard.WriteAsync(
            config, options, contextLength, [configPath, tokenizerPath, .. checkpoint.Files], cancellationToken)
            .ConfigureAwait(false);
        await File.WriteAllTextAsync(Path.Combine(folder.Path, "README.md"), card, cancellationToken)
            .ConfigureAwait(false);
        folder.Publish();
    }

    private static byte[] BuildGraph(
        TextConfig config,
        Checkpoint checkpoint,
        string directory,
        GraphFile file,
        ModelBuildOptions options,
        int contextLength,
        IProgress<ModelBuildProgress>? progress,
        CancellationToken cancellationToken)
    {
        using var data = new ExternalDataFile(Path.Combine(directory, file.DataPath));
        var graph = new OnnxGraph(Path.GetFileName(file.DataPath));
        var weights = new WeightStore(checkpoint, graph, data, options, progress, cancellationToken);
        var style = GraphFile.StyleOf(options);
        if (file.Part == GraphPart.Embedding)
        {
            new EmbeddingPart(config, graph, weights, options, style).Build();
        }
        else
        {
            new Gemma4Graph(config, graph, weights, options, contextLength, file.Part, style).Build();
        }

        return graph.ToBytes();
    }

    private static int ContextLength(TextConfig config, ModelBuildOptions options)
    {
        if (options.Layout == ModelLayout.TransformersJs)
        {
            return config.MaxPositions;
        }

        if (options.ContextLength > config.MaxPositions)
        {
            throw new ArgumentOutOfRangeException(
                nameof(options),
                $"ContextLength is {options.ContextLength}, but the checkpoint knows {config.MaxPositions} positions. "
                + "Ask for at most that many.");
        }

        return options.ContextLength ?? Math.Min(config.MaxPositions, ModelBuildOptions.DefaultContextLimit);
    }

    private static void Check(ModelBuildOptions options)
    {
        if (!BlockSizes.Contains(options.BlockSize))
        {
            throw new ArgumentOutOfRangeException(nameof(options),
                $"BlockSize is {options.BlockSize}; choose one of {string.Join(", ", BlockSizes)}.");
        }

        if (options.AccuracyLevel is < 0 or > 4)
        {
            throw new ArgumentOutOfRangeException(nameof(options),
                $"AccuracyLevel is {options.AccuracyLevel}; choose 4 (fast) or 1 (exact activations).");
        }

        if (!Enum.IsDefined(options.Layout))
        {
            throw new ArgumentOutOfRangeException(nameof(options),
                $"Layout is {options.Layout}; choose {string.Join(", ", Enum.GetNames<ModelLayout>())}.");
        }

        if (options is { Layout: ModelLayout.TransformersJs, ContextLength: not null })
        {
            throw new NotSupportedException(
                "ContextLength limits the rotary tables, and the layout TransformersJs has none: its graph computes the "
                + "angles. Leave ContextLength null and limit the engine with OnnxRuntimeOptions.MaxContextTokens.");
        }

        if (options.ContextLength < 1)
        {
            throw new ArgumentOutOfRangeException(nameof(options),
                $"ContextLength is {options.ContextLength}; choose 1 or more, or null for the default.");
        }
    }
}
