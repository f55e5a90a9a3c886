using System.Text.Json;
using Gemma4.Prompting;
using Gemma4.Sampling;

namespace Gemma4.Models;

/// <summary>
/// A model folder that was checked and read: its graphs with their weights, tokenizer.json, and genai_config.json or,
/// in folders made for transformers.js, config.json; where present also generation_config.json.
/// </summary>
public sealed class Gemma4ModelFolder
{
    private const string TextType = "gemma4_text";
    private const string MultiModelType = "gemma4";
    private const int EndOfText = 1;
    private const int EndOfTurn = 106;
    private const int EndOfToolCalls = 50;
    private const string Needs =
        "A model folder needs genai_config.json, model.onnx and tokenizer.json; make one with 'gemma4 build'.";

    // Placeholders of images, audio and video: the model never means them as text.
    private static readonly int[] MultimodalIds = [255999, 256000, 258880, 258881, 258882, 258883, 258884];

    // Sub-models that only images and audio need.
    private static readonly string[] OtherParts = ["vision", "speech"];

    private Gemma4ModelFolder(string directory) => Directory = directory;

    /// <summary>Full path of the folder.</summary>
    public string Directory { get; }

    /// <summary>The folder's own name.</summary>
    public string ModelId => new DirectoryInfo(Directory).Name;

    /// <summary>How the folder is divided into graphs.</summary>
    public ModelLayout Layout { get; private init; }

    /// <summary>Full path of the graph, or of the decoder where the embedding is a graph of its own.</summary>
    public string ModelPath { get; private init; } = "";

    /// <summary>Full path of the embedding graph; null where one graph does both.</summary>
    public string? EmbeddingPath => Embedding?.GraphPath;

    /// <summary>Precision that was chosen among those in a transformers.js folder, as in "q4"; null in other layouts.</summary>
    public string? Variant { get; private init; }

    /// <summary>Full path of tokenizer.json.</summary>
    public string TokenizerPath { get; private init; } = "";

    /// <summary>Prompt layout: small for models with per-layer embeddings (E2B, E4B), else large.</summary>
    public PromptFlavor Flavor { get; private init; }

    /// <summary>Number of token ids.</summary>
    public int VocabularySize { get; private init; }

    /// <summary>Most tokens the model was made for, prompt and answer together.</summary>
    public int ContextLength { get; private init; }

    /// <summary>
    /// Ids that end an answer: every end id the configs name, and always 1 (end of text), 106 (end of turn) and 50 (tool calls are
    /// complete, the tools' answers come next). Ascending.
    /// </summary>
    public IReadOnlyList<int> StopTokenIds { get; private init; } = [];

    /// <summary>Ids that are never sampled: the configs' own and the placeholders of images and audio. Ascending.</summary>
    public IReadOnlyList<int> SuppressedTokenIds { get; private init; } = [];

    /// <summary>Whether the folder asks for sampling; without it the likeliest token is always taken.</summary>
    public bool DoSample { get; private init; }

    /// <summary>
    /// Sampling values of generation_config.json, then of genai_config.json, then Gemma's own (temperature 1, top-k 64,
    /// top-p 0.95). The temperature is 0 when <see cref="DoSample"/> is false.
    /// </summary>
    public SamplingSettings GenerationDefaults { get; private init; } = new();

    internal DecoderSettings Decoder { get; private init; } = new();

    internal EmbeddingSettings? Embedding { get; private init; }

    /// <summary>Sub-models that lie in the folder and are not run, by their names in genai_config.json.</summary>
    internal IReadOnlyList<string> IgnoredParts { get; private init; } = [];

    /// <summary>Reads and checks <paramref name="directory"/>; weights are measured, not loaded.</summary>
    /// <param name="directory">Folder in any <see cref="ModelLayout"/>.</param>
    /// <param name="variant">
    /// Precision to take from a transformers.js folder, as in "q4", "q8" or "fp32". Default null: the first that is there
    /// of q4, q8, int8, uint8, fp32, q4f16, fp16, bnb4. Folders of other layouts have one precision and refuse a name.
    /// </param>
    /// <exception cref="Gemma4ModelException">A file is missing, damaged or of a kind that cannot be run.</exception>
    public static Gemma4ModelFolder Open(string directory, string? variant = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(directory);
        if (!System.IO.Directory.Exists(directory))
        {
            throw new Gemma4ModelException($"The model folder '{directory}' does not exist. {Needs}");
        }

        string root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory));
        ConfigFile? generation = ConfigFile.OpenIfPresent(Path.Combine(root, "generation_config.json"));
        ConfigFile? checkpoint = ConfigFile.OpenIfPresent(Path.Combine(root, "config.json"));
        Gemma4ModelFolder folder = ConfigFile.OpenIfPresent(Path.Combine(root, "genai_config.json")) is { } genai
            ? OpenGenAi(root, genai, generation, checkpoint, variant)
            : OpenTransformersJs(root, generation, checkpoint, variant);
        ExternalData.Check(folder.ModelPath);
        if (folder.EmbeddingPath is { } embedding)
        {
            ExternalData.Check(embedding);
        }

        return folder;
    }

    private static Gemma4ModelFolder OpenGenAi(
        string root, ConfigFile genai, ConfigFile? generation, ConfigFile? checkpoint, string? variant)
    {
        JsonElement model = genai.Section(genai.Root, "model") ?? throw genai.Wrong("model", "an object");
        ModelLayout layout = LayoutOf(genai.Text(model, "type"), root);
        if (variant is not null)
        {
            throw new Gemma4ModelException(
                $"The variant '{variant}' was asked for, but '{root}' holds one precision only: variants exist in folders made for transformers.js. Leave the variant out.");
        }

        JsonElement? decoder = genai.Section(model, "decoder");
        int vocabulary = Positive(genai, model, "vocab_size");
        bool doSample = generation?.Flag(generation.Root, "do_sample")
            ?? genai.Flag(genai.Section(genai.Root, "search"), "do_sample")
            ?? true;
        return new Gemma4ModelFolder(root)
        {
            Layout = layout,
            ModelPath = Existing(root, genai.Text(decoder, "filename") ?? DecoderName(layout)),
            Embedding = layout == ModelLayout.MultiModel ? ReadEmbedding(root, genai, model) : null,
            IgnoredParts = [.. OtherParts.Where(part => genai.Section(model, part) is not null)],
            TokenizerPath = Existing(root, Path.Combine(genai.Text(model, "tokenizer_dir") ?? "", "tokenizer.json")),
            VocabularySize = vocabulary,
            ContextLength = Positive(genai, model, "context_length"),
            Flavor = ReadFlavor(genai, decoder, checkpoint),
            StopTokenIds = ReadStops(genai, model, generation, checkpoint),
            SuppressedTokenIds = ReadSuppressed(generation, vocabulary),
            DoSample = doSample,
            GenerationDefaults = ReadSampling(genai, generation, doSample),
            Decoder = DecoderSettings.Read(genai, decoder),
        };
    }

    private static Gemma4ModelFolder OpenTransformersJs(
        string root, ConfigFile? generation, ConfigFile? checkpoint, string? variant)
    {
        var variants = new ModelVariants(root);
        if (!variants.Exist)
        {
            throw NoModel(root);
        }

        ConfigFile file = checkpoint ?? throw new Gemma4ModelException(
            $"config.json not found in '{root}': a folder made for transformers.js describes its model there. Copy the file from where the graphs come from.");
        var config = new CheckpointConfig(file);
        (string name, string decoderPath, string? embeddingPath) = variants.Choose(variant);
        bool doSample = generation?.Flag(generation.Root, "do_sample") ?? true;
        return new Gemma4ModelFolder(root)
        {
            Layout = ModelLayout.TransformersJs,
            Variant = name,
            ModelPath = decoderPath,
            Embedding = embeddingPath is null ? null : new EmbeddingSettings(embeddingPath),
            TokenizerPath = Existing(root, "tokenizer.json"),
            VocabularySize = config.VocabularySize,
            ContextLength = config.ContextLength,
            Flavor = ReadFlavor(null, null, file),
            StopTokenIds = ReadStops(null, null, generation, file),
            SuppressedTokenIds = ReadSuppressed(generation, config.VocabularySize),
            DoSample = doSample,
            GenerationDefaults = ReadSampling(null, generation, doSample),
            Decoder = config.Decoder(),
        };
    }

    private static Gemma4ModelException NoModel(string root)
    {
        // Pointing at the folder of the graphs themselves is an easy slip.
        bool inside = System.IO.Directory.EnumerateFiles(root, ModelVariants.DecoderName + "*.onnx").Any();
        return new Gemma4ModelException(
            $"genai_config.json not found in '{root}'. Also looked for {ModelVariants.Folder}/{ModelVariants.DecoderName}*.onnx and "
            + $"{ModelVariants.Folder}/model*.onnx beside a config.json, as transformers.js keeps them. "
            + (inside ? "The graphs lie in this folder itself: name the folder above it. " : "") + Needs);
    }

    private static EmbeddingSettings ReadEmbedding(string root, ConfigFile genai, JsonElement model)
    {
        JsonElement embedding = genai.Section(model, "embedding")
            ?? throw genai.Wrong("model.embedding", "an object that names the embedding graph");
        return EmbeddingSettings.Read(Existing(root, genai.Text(embedding, "filename") ?? "embedding/model.onnx"), genai, embedding);
    }

    private static string DecoderName(ModelLayout layout) =>
        layout == ModelLayout.MultiModel ? "decoder/model.onnx" : "model.onnx";

    private static ModelLayout LayoutOf(string? type, string root) => type switch
    {
        TextType => ModelLayout.Text,
        MultiModelType => ModelLayout.MultiModel,
        _ => throw new Gemma4ModelException(
            $"The model in '{root}' is of type '{type ?? "(none)"}' (model.type in genai_config.json); only '{TextType}' and '{MultiModelType}' are accepted. Take a Gemma 4 folder or build one with 'gemma4 build'."),
    };

    private static int Positive(ConfigFile file, JsonElement parent, string key) =>
        file.Integer(parent, key) is int value and > 0 ? value : throw file.Wrong(key, "a number above 0");

    private static string Existing(string root, string name)
    {
        if (Path.IsPathRooted(name) || name.Split('/', '\\').Contains(".."))
        {
            throw new Gemma4ModelException(
                $"genai_config.json in '{root}' names '{name}', which lies outside the folder. Give a path inside it.");
        }

        string path = Path.Combine(root, name);
        return File.Exists(path) ? path : throw new Gemma4ModelException($"{name} not found in '{root}'. {Needs}");
    }

    private static PromptFlavor ReadFlavor(ConfigFile? genai, JsonElement? decoder, ConfigFile? checkpoint)
    {
        if (checkpoint is not null)
        {
            JsonElement text = checkpoint.Section(checkpoint.Root, "text_config") ?? checkpoint.Root;
            return checkpoint.Integer(text, "hidden_size_per_layer_input") > 0 ? PromptFlavor.Small : PromptFlavor.Large;
        }

        // Without the checkpoint's config the width tells: E2B and E4B are 1536 and 2560 wide, toys below 1000.
        return genai?.Integer(decoder, "hidden_size") is 1536 or 2560 or < 1000 ? PromptFlavor.Small : PromptFlavor.Large;
    }

    private static int[] ReadStops(ConfigFile? genai, JsonElement? model, ConfigFile? generation, ConfigFile? checkpoint)
    {
        var ids = new SortedSet<int> { EndOfText, EndOfToolCalls, EndOfTurn };
        genai?.AddIds(model, "eos_token_id", ids);
        generation?.AddIds(generation.Root, "eos_token_id", ids);
        checkpoint?.AddIds(checkpoint.Root, "eos_token_id", ids);
        checkpoint?.AddIds(checkpoint.Section(checkpoint.Root, "text_config"), "eos_token_id", ids);
        return [.. ids];
    }

    private static int[] ReadSuppressed(ConfigFile? generation, int vocabulary)
    {
        var ids = new SortedSet<int>(MultimodalIds);
        generation?.AddIds(generation.Root, "suppress_tokens", ids);
        ids.RemoveWhere(id => id >= vocabulary);
        return [.. ids];
    }

    private static SamplingSettings ReadSampling(ConfigFile? genai, ConfigFile? generation, bool doSample)
    {
        JsonElement? search = genai?.Section(genai.Root, "search");
        var gemma = new SamplingSettings();
        float temperature = generation?.Number(generation.Root, "temperature") ?? genai?.Number(search, "temperature") ?? gemma.Temperature;
        int topK = generation?.Integer(generation.Root, "top_k") ?? genai?.Integer(search, "top_k") ?? gemma.TopK;
        float topP = generation?.Number(generation.Root, "top_p") ?? genai?.Number(search, "top_p") ?? gemma.TopP;
        if ((generation ?? genai) is not { } blamed)
        {
            return gemma with { Temperature = doSample ? temperature : 0 };
        }

        if (temperature < 0)
        {
            throw blamed.Wrong("temperature", "0 or more");
        }

        if (topK < 0)
        {
            throw blamed.Wrong("top_k", "0 or more");
        }

        if (topP is < 0 or > 1)
        {
            throw blamed.Wrong("top_p", "between 0 and 1");
        }

        // GenAI writes 0 for "no top-p limit".
        return gemma with { Temperature = doSample ? temperature : 0, TopK = topK, TopP = topP == 0 ? 1 : topP };
    }
}
