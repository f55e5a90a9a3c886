using System.Text.Json;
using Gemma4.Models;

namespace Gemma4.Embeddings;

/// <summary>An embedding model's folder, read and checked; the graph's weights are measured, not loaded.</summary>
internal sealed class EmbeddingFolder
{
    private const string Needs = "The folder of an embedding model needs tokenizer.json, and model.onnx or a folder onnx that holds it.";
    private const string OnnxFolder = "onnx";

    // EmbeddingGemma's; its successor reads 8,192 and says so.
    private const int DefaultMaxTokens = 2048;

    private static readonly (string Name, string Suffix)[] Preferred =
        [("fp32", ""), ("q8", "_quantized"), ("q8", "_q8"), ("int8", "_int8"), ("uint8", "_uint8"), ("q4", "_q4")];

    // The model's activations leave the range of half precision on some hardware: never chosen unasked.
    private static readonly (string Name, string Suffix)[] OnlyByName = [("q4f16", "_q4f16"), ("fp16", "_fp16"), ("bnb4", "_bnb4")];

    private EmbeddingFolder(string directory) => Directory = directory;

    internal string Directory { get; }

    internal string GraphPath { get; private init; } = "";

    internal string TokenizerPath { get; private init; } = "";

    internal int MaxTokens { get; private init; }

    /// <summary>What tokenizer_config.json says about tokens around a text; null where it says nothing.</summary>
    internal (bool Begin, bool End)? Surrounding { get; private init; }

    /// <summary>By purpose, of config_sentence_transformers.json.</summary>
    internal IReadOnlyDictionary<string, string> Prompts { get; private init; } = new Dictionary<string, string>();

    /// <summary>Folders of the layers after the pooling, in order.</summary>
    internal IReadOnlyList<string> DenseFolders { get; private init; } = [];

    /// <exception cref="Gemma4ModelException">A file is missing, damaged or asks for something else than EmbeddingGemma does.</exception>
    internal static EmbeddingFolder Open(string directory, string? variant)
    {
        if (!System.IO.Directory.Exists(directory))
        {
            throw new Gemma4ModelException($"The folder '{directory}' of the embedding model does not exist. {Needs}");
        }

        string root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory));
        string tokenizer = Path.Combine(root, "tokenizer.json");
        if (!File.Exists(tokenizer))
        {
            throw new Gemma4ModelException($"tokenizer.json not found in '{root}'. {Needs}");
        }

        string graph = FindGraph(root, variant);
        ExternalData.Check(graph);
        return new EmbeddingFolder(root)
        {
            GraphPath = graph,
            TokenizerPath = tokenizer,
            MaxTokens = ReadMaxTokens(root),
            Surrounding = ReadSurrounding(root),
            Prompts = ReadPrompts(root),
            DenseFolders = ReadModules(root),
        };
    }

    private static string FindGraph(string root, string? variant)
    {
        string plain = Path.Combine(root, "model.onnx");
        if (File.Exists(plain))
        {
            return variant is null
                ? plain
                : throw new Gemma4ModelException($"The variant '{variant}' was asked for, but '{root}' holds model.onnx itself: variants are told apart in a folder {OnnxFolder}. Leave the variant out.");
        }

        (string Name, string Path)[] all = [.. Preferred.Concat(OnlyByName)
            .Select(entry => (entry.Name, Path.Combine(root, OnnxFolder, $"model{entry.Suffix}.onnx"))).Where(entry => File.Exists(entry.Item2))];
        if (all.Length == 0)
        {
            throw new Gemma4ModelException($"No model.onnx found in '{root}' or its folder {OnnxFolder}. {Needs}");
        }

        string? found = variant is null
            ? all.FirstOrDefault(entry => Preferred.Any(preferred => preferred.Name == entry.Name)).Path
            : all.FirstOrDefault(entry => entry.Name.Equals(variant, StringComparison.OrdinalIgnoreCase)).Path;
        return found ?? throw new Gemma4ModelException(
            $"The embedding model in '{root}' has no variant {(variant is null ? "of full or whole-number precision" : $"'{variant}'")}. "
            + $"It has {string.Join(", ", all.Select(entry => $"'{entry.Name}'").Distinct())}; name one in ModelVariant.");
    }

    private static int ReadMaxTokens(string root)
    {
        ConfigFile? sentence = Config(root, "sentence_bert_config.json");
        ConfigFile? model = Config(root, "config.json");
        int? limit = sentence?.Integer(sentence.Root, "max_seq_length")
            ?? model?.Integer(model.Section(model.Root, "text_config"), "max_position_embeddings")
            ?? model?.Integer(model.Root, "max_position_embeddings");
        return limit is null or > 0
            ? limit ?? DefaultMaxTokens
            : throw new Gemma4ModelException($"'{root}' says that its model reads {limit} tokens. Correct max_seq_length or max_position_embeddings.");
    }

    private static (bool Begin, bool End)? ReadSurrounding(string root)
    {
        ConfigFile? config = Config(root, "tokenizer_config.json");
        bool? begin = config?.Flag(config.Root, "add_bos_token");
        bool? end = config?.Flag(config.Root, "add_eos_token");
        return begin is null && end is null ? null : (begin ?? false, end ?? false);
    }

    private static Dictionary<string, string> ReadPrompts(string root)
    {
        Dictionary<string, string> prompts = new(StringComparer.OrdinalIgnoreCase);
        ConfigFile? config = Config(root, "config_sentence_transformers.json");
        foreach (JsonProperty prompt in config?.Section(config.Root, "prompts")?.EnumerateObject() ?? default)
        {
            prompts[prompt.Name] = config!.Text(config.Section(config.Root, "prompts"), prompt.Name) ?? "";
        }

        return prompts;
    }

    // [{ "idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer" }, ...]
    private static List<string> ReadModules(string root)
    {
        string path = Path.Combine(root, "modules.json");
        if (!File.Exists(path))
        {
            return [];
        }

        List<string> dense = [];
        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
            foreach (JsonElement module in document.RootElement.EnumerateArray())
            {
                string type = module.GetProperty("type").GetString() ?? "";
                string folder = Path.Combine(root, module.GetProperty("path").GetString() ?? "");
                switch (type[(type.LastIndexOf('.') + 1)..])
                {
                    case "Transformer" or "Normalize":
                        break;
                    case "Pooling":
                        CheckPooling(folder);
                        break;
                    case "Dense":
                        dense.Add(folder);
                        break;
                    default:
                        throw new Gemma4ModelException($"'{path}' asks for the step '{type}'. EmbeddingGemma has Transformer, Pooling, Dense and Normalize; other models are not run.");
                }
            }
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new Gemma4ModelException($"'{path}' is not a list of modules with type and path: {exception.Message} Copy it again from the model's source.", exception);
        }

        return dense;
    }

    private static void CheckPooling(string folder)
    {
        ConfigFile? config = Config(folder, "config.json");
        if (config is null)
        {
            return;
        }

        bool other = config.Root.EnumerateObject().Any(entry => entry.Name.StartsWith("pooling_mode_", StringComparison.Ordinal)
            && entry.Name != "pooling_mode_mean_tokens" && entry.Value.ValueKind == JsonValueKind.True);
        if (other || config.Flag(config.Root, "pooling_mode_mean_tokens") == false || config.Flag(config.Root, "include_prompt") == false)
        {
            throw new Gemma4ModelException($"'{folder}' asks for a pooling other than the mean over all tokens, prompt included. EmbeddingGemma has no other; such models are not run.");
        }
    }

    private static ConfigFile? Config(string folder, string name) => ConfigFile.OpenIfPresent(Path.Combine(folder, name));
}
