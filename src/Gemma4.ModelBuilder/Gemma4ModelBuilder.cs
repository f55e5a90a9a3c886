using Gemma4.ModelBuilder.Checkpoints;
using Gemma4.ModelBuilder.Folders;
using Gemma4.ModelBuilder.Graphs;
using Gemma4.ModelBuilder.Onnx;
using Gemma4.ModelBuilder.Untrained;
using Gemma4.Models;

namespace Gemma4.ModelBuilder;

/// <summary>Makes folders that ONNX Runtime can run: from a Gemma 4 checkpoint as Hugging Face publishes it, or of a
/// published size without its weights.</summary>
public static class Gemma4ModelBuilder
{
    private static readonly int[] BlockSizes = [16, 32, 64, 128, 256];
    private static readonly string[] OptionalFiles =
        ["generation_config.json", "tokenizer_config.json", "special_tokens_map.json", "chat_template.jinja"];

    /// <summary>
    /// Builds the text model: the graphs with their weights, genai_config.json where the layout has one, the tokenizer
    /// and configuration files of the checkpoint, and a README.md that names the sources. The same checkpoint and options give the same bytes.
    /// Weights pass through a few rows at a time on all cores, so memory stays small however large the model; the disk
    /// needs room for the result. The folder appears under its name only when it is complete; until then it is named
    /// with ".building" at the end. A build that was killed leaves that one, and the next build clears it away.
    /// </summary>
    /// <param name="checkpointDirectory">Folder with config.json, tokenizer.json and model.safetensors, or its shards
    /// and their index.</param>
    /// <param name="outputDirectory">Folder to make. It must be absent or empty, unless
    /// <see cref="ModelBuildOptions.Overwrite"/> is set.</param>
    /// <param name="options">Precision and limits; null for exact 32-bit floats.</param>
    /// <param name="progress">Told of the weights written, on the building threads, never on two at once.</param>
    /// <param name="cancellationToken">Ends the build and removes what was written.</param>
    /// <exception cref="DirectoryNotFoundException">The checkpoint folder does not exist.</exception>
    /// <exception cref="FileNotFoundException">A needed file is missing in it.</exception>
    /// <exception cref="InvalidDataException">A file is damaged or does not fit the others.</exception>
    /// <returns>What the build left out or assumed.</returns>
    /// <exception cref="NotSupportedException">The model is no Gemma 4 text model, it is an adapter that is not merged,
    /// or an option does not go with the layout.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of range.</exception>
    /// <exception cref="IOException">The output folder is not empty, another build is writing it, or the disk has too
    /// little room, which is checked before the first matrix is written.</exception>
    public static async Task<ModelBuildResult> BuildAsync(
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

        return await Task.Run(
            () => FromCheckpointAsync(checkpointDirectory, outputDirectory, options, progress, cancellationToken),
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Builds a model of a published size with random weights, for measuring speed and memory without a download. The
    /// folder is complete: its tokenizer has the published number of tokens and the control tokens at their ids, and
    /// invented words everywhere else. The same arguments give the same bytes on any machine.
    /// </summary>
    /// <param name="model">Size, depth and seed.</param>
    /// <param name="outputDirectory">As for <see cref="BuildAsync"/>.</param>
    /// <param name="options">Precision and limits; null for exact 32-bit floats.</param>
    /// <param name="progress">Told of the weights written, on the building threads, never on two at once.</param>
    /// <param name="cancellationToken">Ends the build and removes what was written.</param>
    /// <returns>No notes: nothing is left out.</returns>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of range, or the size has fewer layers.</exception>
    /// <exception cref="NotSupportedException">The builder makes no graph for this size.</exception>
    /// <exception cref="IOException">As for <see cref="BuildAsync"/>.</exception>
    public static async Task<ModelBuildResult> BuildRandomAsync(
        RandomModel model,
        string outputDirectory,
        ModelBuildOptions? options = null,
        IProgress<ModelBuildProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentException.ThrowIfNullOrEmpty(outputDirectory);
        options ??= new ModelBuildOptions();
        Check(options);
        var shape = SizeShape.Of(model.Size);
        if (model.Layers is { } layers && (layers < 1 || layers > shape.Layers))
        {
            throw new ArgumentOutOfRangeException(
                nameof(model), $"Layers is {layers}; {shape.Name} has {shape.Layers}. Choose 1 to {shape.Layers}, or null for all.");
        }

        shape = shape.WithLayers(model.Layers ?? shape.Layers);
        return await Task.Run(
            () => FromRandomAsync(model, shape, outputDirectory, options, progress, cancellationToken),
            cancellationToken).ConfigureAwait(false);
    }

    internal static async Task<ModelBuildResult> FromRandomAsync(
        RandomModel model,
        SizeShape shape,
        string output,
        ModelBuildOptions options,
        IProgress<ModelBuildProgress>? progress,
        CancellationToken cancellationToken)
    {
        using var folder = StagedFolder.Create(output, options.Overwrite);
        UntrainedFiles.Write(folder.Path, shape);
        var config = TextConfig.Read(Path.Combine(folder.Path, "config.json"));
        var generation = GenerationConfig.Read(Path.Combine(folder.Path, "generation_config.json"));
        var contextLength = ContextLength(config, options);
        await WriteModelAsync(
            config, generation, new UntrainedWeights(model.Seed), folder.Path, options, contextLength, progress, cancellationToken)
            .ConfigureAwait(false);
        await File.WriteAllTextAsync(
            Path.Combine(folder.Path, "README.md"),
            ModelCard.Write(config, options, contextLength, [], [], model),
            cancellationToken).ConfigureAwait(false);
        folder.Publish();
        return new ModelBuildResult([]);
    }

    private static async Task<ModelBuildResult> FromCheckpointAsync(
        string source,
        string output,
        ModelBuildOptions options,
        IProgress<ModelBuildProgress>? progress,
        CancellationToken cancellationToken)
    {
        var configPath = Path.Combine(source, "config.json");
        var tokenizerPath = Path.Combine(source, "tokenizer.json");
        var config = TextConfig.Read(configPath);
        var generationPath = Path.Combine(source, "generation_config.json");
        var generation = GenerationConfig.Read(generationPath);
        var contextLength = ContextLength(config, options);
        TokenizerCheck.Check(tokenizerPath, config.VocabularySize);
        using var checkpoint = Checkpoint.Open(source);
        using var folder = StagedFolder.Create(output, options.Overwrite);

        using var hashes = SourceHashes.Start([configPath, tokenizerPath, .. checkpoint.Files], cancellationToken);
        await WriteModelAsync(
            config, generation, checkpoint, folder.Path, options, contextLength, progress, cancellationToken)
            .ConfigureAwait(false);
        string[] copies = [configPath, tokenizerPath, .. OptionalFiles.Select(name => Path.Combine(source, name))];
        foreach (var file in copies.Where(File.Exists))
        {
            // Copied by content: attributes such as read-only stay behind.
            var content = await File.ReadAllBytesAsync(file, cancellationToken).ConfigureAwait(false);
            await File.WriteAllBytesAsync(
                Path.Combine(folder.Path, Path.GetFileName(file)), content, cancellationToken).ConfigureAwait(false);
        }

        var notes = BuildNotes.Collect(config, checkpoint, File.Exists(generationPath));
        var sources = await hashes.ResultAsync().ConfigureAwait(false);
        var card = ModelCard.Write(config, options, contextLength, sources, notes);
        await File.WriteAllTextAsync(Path.Combine(folder.Path, "README.md"), card, cancellationToken)
            .ConfigureAwait(false);
        folder.Publish();
        return new ModelBuildResult(notes);
    }

    private static async Task WriteModelAsync(
        TextConfig config,
        GenerationConfig generation,
        IWeightSource weights,
        string directory,
        ModelBuildOptions options,
        int contextLength,
        IProgress<ModelBuildProgress>? progress,
        CancellationToken cancellationToken)
    {
        // Every graph is laid out before the first matrix is written, so that the size of the whole is known.
        var parts = new List<(GraphFile File, OnnxGraph Graph, ExternalDataFile Data, WeightStore Weights)>();
        try
        {
            foreach (var file in GraphFile.Of(options))
            {
                Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(directory, file.Path))!);
                var data = new ExternalDataFile(Path.Combine(directory, file.DataPath));
                var graph = new OnnxGraph(Path.GetFileName(file.DataPath));
                var store = new WeightStore(weights, graph, data, options, cancellationToken);
                parts.Add((file, graph, data, store));
                Declare(file, config, graph, store, options, contextLength);
            }

            var total = parts.Sum(part => part.Data.Length);
            DiskSpace.Check(directory, total, options.FreeSpace);
            var written = new WrittenBytes(progress, total);
            foreach (var part in parts)
            {
                part.Weights.CopyMatrices(written);
                await File.WriteAllBytesAsync(
                    Path.Combine(directory, part.File.Path), part.Graph.ToBytes(), cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            parts.ForEach(part => part.Data.Dispose());
        }

        if (options.Layout != ModelLayout.TransformersJs)
        {
            await File.WriteAllBytesAsync(
                Path.Combine(directory, "genai_config.json"),
                GenAiConfig.Write(config, generation, contextLength, options.Layout),
                cancellationToken).ConfigureAwait(false);
        }
    }

    private static void Declare(
        GraphFile file, TextConfig config, OnnxGraph graph, WeightStore weights, ModelBuildOptions options, int contextLength)
    {
        var style = GraphFile.StyleOf(options);
        if (file.Part == GraphPart.Embedding)
        {
            new EmbeddingPart(config, graph, weights, options, style).Build();
        }
        else
        {
            new Gemma4Graph(config, graph, weights, options, contextLength, file.Part, style).Build();
        }
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

        if (options.KeyValues is { } keyValues && !Enum.IsDefined(keyValues))
        {
            throw new ArgumentOutOfRangeException(nameof(options),
                $"KeyValues is {keyValues}; choose {string.Join(", ", Enum.GetNames<KeyValueCache>())}.");
        }

        if (options.KeepsWindows && options.Layout != ModelLayout.Text)
        {
            throw new NotSupportedException(
                $"KeyValues is Windowed, and the layout {options.Layout} is read by other engines, which know no such graph. "
                + "Leave KeyValues null, or choose the layout Text.");
        }

        if (options.KeyValuePrecision is not (ModelPrecision.Float32 or ModelPrecision.Int8))
        {
            throw new ArgumentOutOfRangeException(nameof(options),
                $"KeyValuePrecision is {options.KeyValuePrecision}; choose Float32 or Int8.");
        }

        if (options is { KeyValuePrecision: ModelPrecision.Int8, KeepsWindows: false })
        {
            throw new NotSupportedException(
                "KeyValuePrecision is Int8 and the caches are not Windowed. Folders with full caches are for other engines too, "
                + "and genai_config.json cannot say that some caches have 8 bits. Leave KeyValuePrecision Float32, or choose "
                + "the layout Text with KeyValues null or Windowed.");
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
