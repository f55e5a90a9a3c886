using System.Globalization;
using System.Text.Json;
using Gemma4.Prompting;
using Gemma4.Sampling;

namespace Gemma4.Models;

/// <summary>
/// A folder in ONNX Runtime GenAI's layout that was checked and read: genai_config.json, the graph with its weights,
/// tokenizer.json and, where present, generation_config.json and config.json.
/// </summary>
public sealed class Gemma4ModelFolder
{
    private const string AcceptedType = "gemma4_text";
    private const int EndOfTurn = 106;
    private const int EndOfToolCalls = 50;
    private const string Needs =
        "A model folder needs genai_config.json, model.onnx and tokenizer.json; make one with 'gemma4 build'.";

    // Placeholders of images, audio and video: the model never means them as text.
    private static readonly int[] MultimodalIds = [255999, 256000, 258880, 258881, 258882, 258883, 258884];

    private Gemma4ModelFolder(string directory) => Directory = directory;

    /// <summary>Full path of the folder.</summary>
    public string Directory { get; }

    /// <summary>The folder's own name.</summary>
    public string ModelId => new DirectoryInfo(Directory).Name;

    /// <summary>Full path of the graph.</summary>
    public string ModelPath { get; private init; } = "";

    /// <summary>Full path of tokenizer.json.</summary>
    public string TokenizerPath { get; private init; } = "";

    /// <summary>Prompt layout: small for models with per-layer embeddings (E2B, E4B), else large.</summary>
    public PromptFlavor Flavor { get; private init; }

    /// <summary>Number of token ids.</summary>
    public int VocabularySize { get; private init; }

    /// <summary>Most tokens the model was made for, prompt and answer together.</summary>
    public int ContextLength { get; private init; }

    /// <summary>
    /// Ids that end an answer: every end id the configs name, and always 106 (end of turn) and 50 (tool calls are
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

    /// <summary>Reads and checks <paramref name="directory"/>; weights are measured, not loaded.</summary>
    /// <exception cref="Gemma4ModelException">A file is missing, damaged or of a kind that cannot be run.</exception>
    public static Gemma4ModelFolder Open(string directory)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(directory);
        if (!System.IO.Directory.Exists(directory))
        {
            throw new Gemma4ModelException($"The model folder '{directory}' does not exist. {Needs}");
        }

        string root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory));
        ConfigFile genai = ConfigFile.OpenIfPresent(Path.Combine(root, "genai_config.json"))
            ?? throw new Gemma4ModelException($"genai_config.json not found in '{root}'. {Needs}");
        ConfigFile? generation = ConfigFile.OpenIfPresent(Path.Combine(root, "generation_config.json"));
        ConfigFile? checkpoint = ConfigFile.OpenIfPresent(Path.Combine(root, "config.json"));

        JsonElement model = genai.Section(genai.Root, "model") ?? throw genai.Wrong("model", "an object");
        RequireTextModel(genai.Text(model, "type"), root);
        JsonElement? decoder = genai.Section(model, "decoder");
        int vocabulary = Positive(genai, model, "vocab_size");

        string graph = Existing(root, genai.Text(decoder, "filename") ?? "model.onnx");
        ExternalData.Check(graph);

        bool doSample = generation?.Flag(generation.Root, "do_sample")
            ?? genai.Flag(genai.Section(genai.Root, "search"), "do_sample")
            ?? true;
        return new Gemma4ModelFolder(root)
        {
            ModelPath = graph,
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

    private static void RequireTextModel(string? type, string root)
    {
        if (type == AcceptedType)
        {
            return;
        }

        string way = type == "gemma4"
            ? "That is the multimodal layout with separate vision and embedding graphs; build the text model with 'gemma4 build'."
            : "Take a Gemma 4 folder or build one with 'gemma4 build'.";
        throw new Gemma4ModelException(string.Create(
            CultureInfo.InvariantCulture,
            $"The model in '{root}' is of type '{type ?? "(none)"}' (model.type in genai_config.json); only '{AcceptedType}' is accepted. {way}"));
    }

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

    private static PromptFlavor ReadFlavor(ConfigFile genai, JsonElement? decoder, ConfigFile? checkpoint)
    {
        if (checkpoint is not null)
        {
            JsonElement text = checkpoint.Section(checkpoint.Root, "text_config") ?? checkpoint.Root;
            return checkpoint.Integer(text, "hidden_size_per_layer_input") > 0 ? PromptFlavor.Small : PromptFlavor.Large;
        }

        // Without the checkpoint's config the width tells: E2B and E4B are 1536 and 2560 wide, toys below 1000.
        return genai.Integer(decoder, "hidden_size") is 1536 or 2560 or < 1000 ? PromptFlavor.Small : PromptFlavor.Large;
    }

    private static int[] ReadStops(ConfigFile genai, JsonElement model, ConfigFile? generation, ConfigFile? checkpoint)
    {
        var ids = new SortedSet<int> { EndOfToolCalls, EndOfTurn };
        genai.AddIds(model, "eos_token_id", ids);
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

    private static SamplingSettings ReadSampling(ConfigFile genai, ConfigFile? generation, bool doSample)
    {
        JsonElement? search = genai.Section(genai.Root, "search");
        var gemma = new SamplingSettings();
        float temperature = generation?.Number(generation.Root, "temperature") ?? genai.Number(search, "temperature") ?? gemma.Temperature;
        int topK = generation?.Integer(generation.Root, "top_k") ?? genai.Integer(search, "top_k") ?? gemma.TopK;
        float topP = generation?.Number(generation.Root, "top_p") ?? genai.Number(search, "top_p") ?? gemma.TopP;
        ConfigFile blamed = generation ?? genai;
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
