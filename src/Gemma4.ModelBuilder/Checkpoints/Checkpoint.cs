using System.Text.Json;

namespace Gemma4.ModelBuilder.Checkpoints;

/// <summary>The weights of a checkpoint folder, in one file or in shards, found by their names without prefix.</summary>
internal sealed class Checkpoint : IWeightSource, IDisposable
{
    private const string SingleFile = "model.safetensors";
    private const string IndexFile = "model.safetensors.index.json";

    private const string AdapterFile = "adapter_config.json";
    private const string Embedding = "embed_tokens.weight";

    // What a fine-tuning wrapper leaves in names when its adapters were merged or taken off without renaming.
    private const string WrapperPrefix = "base_model.model.";
    private const string WrappedLayer = ".base_layer.";
    private const string MergeFirst =
        "Merge the adapter into its base model first (merge_and_unload in PEFT) and build the merged checkpoint.";

    private static readonly string[] Prefixes = ["model.language_model.", "language_model.model.", "model.", ""];

    private readonly List<SafetensorsFile> _files = [];
    private readonly Dictionary<string, CheckpointTensor> _tensors = new(StringComparer.Ordinal);
    private readonly HashSet<string> _used = new(StringComparer.Ordinal);
    private readonly string _directory;
    private string _prefix = "";

    private Checkpoint(string directory) => _directory = directory;

    /// <summary>The weight files, in a fixed order.</summary>
    public IEnumerable<string> Files => _files.Select(f => f.Path);

    /// <summary>Tensors that nobody has asked for, by their full names, in order.</summary>
    public IEnumerable<CheckpointTensor> Unused => _tensors.Where(entry => !_used.Contains(entry.Key))
        .OrderBy(entry => entry.Key, StringComparer.Ordinal).Select(entry => entry.Value);

    /// <summary>A tensor the text model does not need, or null; it stays unused.</summary>
    public CheckpointTensor? Find(string name) => _tensors.GetValueOrDefault(FullName(name));

    public static Checkpoint Open(string directory)
    {
        var checkpoint = new Checkpoint(directory);
        try
        {
            checkpoint.OpenFiles();
            checkpoint.RefuseAdapters();
            checkpoint.FindPrefix();
            return checkpoint;
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        foreach (var file in _files)
        {
            file.Dispose();
        }
    }

    /// <summary>Finds a tensor and checks its type and shape.</summary>
    public CheckpointTensor Get(string name, params ReadOnlySpan<int> shape)
    {
        var full = FullName(name);
        _used.Add(full);
        if (!_tensors.TryGetValue(full, out var tensor))
        {
            throw new InvalidDataException(
                $"Tensor '{full}' is missing in '{_directory}', though config.json asks for it. "
                + "Use the config.json that came with these weights, or fetch the missing shard.");
        }

        if (tensor.Type == SafetensorsType.Other)
        {
            throw new InvalidDataException(
                $"Tensor '{full}' in '{tensor.FilePath}' has the type {tensor.TypeName}; F32, F16 and BF16 are read. "
                + "Use an unquantised checkpoint.");
        }

        if (!tensor.Shape.AsSpan().SequenceEqual(shape))
        {
            throw new InvalidDataException(
                $"Tensor '{full}' in '{tensor.FilePath}' has the shape {CheckpointTensor.Describe(tensor.Shape)}; "
                + $"config.json asks for {CheckpointTensor.Describe(shape)}. "
                + "Use the config.json that came with these weights.");
        }

        return tensor;
    }

    private void OpenFiles()
    {
        var single = Path.Combine(_directory, SingleFile);
        var index = Path.Combine(_directory, IndexFile);
        if (File.Exists(single))
        {
            Add(single);
            return;
        }

        if (!File.Exists(index) && File.Exists(Path.Combine(_directory, AdapterFile)))
        {
            throw new NotSupportedException(
                $"'{_directory}' holds an adapter ({AdapterFile}), not a model. {MergeFirst}");
        }

        if (!File.Exists(index))
        {
            throw new FileNotFoundException(
                $"Neither {SingleFile} nor {IndexFile} is in '{_directory}'. A checkpoint folder needs one of them, "
                + "config.json and tokenizer.json, as Hugging Face publishes them.", single);
        }

        foreach (var shard in ReadShardNames(index))
        {
            var path = Path.Combine(_directory, shard);
            if (!File.Exists(path))
            {
                throw new FileNotFoundException(
                    $"'{index}' names the shard '{shard}', which is not in the folder. Fetch it.", path);
            }

            Add(path);
        }
    }

    private static SortedSet<string> ReadShardNames(string index)
    {
        var names = new SortedSet<string>(StringComparer.Ordinal);
        using var document = JsonFile.Parse(index);
        if (document.RootElement.ValueKind != JsonValueKind.Object
            || !document.RootElement.TryGetProperty("weight_map", out var map)
            || map.ValueKind != JsonValueKind.Object)
        {
            throw new InvalidDataException($"'{index}' has no weight_map object. Fetch the file again.");
        }

        foreach (var entry in map.EnumerateObject())
        {
            var name = entry.Value.ValueKind == JsonValueKind.String ? entry.Value.GetString()! : "";
            if (name.Length == 0 || name != Path.GetFileName(name) || name == "..")
            {
                throw new InvalidDataException(
                    $"'{index}' maps '{entry.Name}' to '{name}', which is not a plain file name. "
                    + "Fetch the file again.");
            }

            names.Add(name);
        }

        return names;
    }

    private void Add(string path)
    {
        var file = SafetensorsFile.Open(path);
        _files.Add(file);
        foreach (var (stored, tensor) in file.Tensors)
        {
            var name = Unwrap(stored, file);
            if (!_tensors.TryAdd(name, tensor))
            {
                throw new InvalidDataException(
                    $"Tensor '{name}' is in '{_tensors[name].FilePath}' and in '{path}'. "
                    + "Remove the shard that does not belong here.");
            }
        }
    }

    /// <summary>The name without a fine-tuning wrapper, unless the file holds a tensor of that name too.</summary>
    private static string Unwrap(string name, SafetensorsFile file)
    {
        var plain = name.StartsWith(WrapperPrefix, StringComparison.Ordinal) ? name[WrapperPrefix.Length..] : name;
        plain = plain.Replace(WrappedLayer, ".", StringComparison.Ordinal);
        return file.Tensors.ContainsKey(plain) ? name : plain;
    }

    private void RefuseAdapters()
    {
        var adapter = _tensors.Keys.Order(StringComparer.Ordinal).FirstOrDefault(name =>
            name.Contains(".lora_", StringComparison.Ordinal));
        if (adapter is not null)
        {
            throw new NotSupportedException(
                $"'{_directory}' holds adapter weights beside the model's, such as '{adapter}'. {MergeFirst}");
        }
    }

    /// <summary>The head stands outside the text model, so its name has no prefix in most checkpoints.</summary>
    private string FullName(string name) => _tensors.ContainsKey(_prefix + name) ? _prefix + name
        : _tensors.ContainsKey(name) ? name
        : _tensors.ContainsKey("language_model." + name) ? "language_model." + name
        : _prefix + name;

    private void FindPrefix()
    {
        foreach (var prefix in Prefixes)
        {
            if (_tensors.ContainsKey(prefix + Embedding))
            {
                _prefix = prefix;
                return;
            }
        }

        throw new InvalidDataException(
            $"'{_directory}' holds no tensor 'model.embed_tokens.weight' or "
            + "'model.language_model.embed_tokens.weight'. The builder reads the text part of Gemma 4 checkpoints.");
    }
}
