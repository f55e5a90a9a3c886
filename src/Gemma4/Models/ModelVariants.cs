namespace Gemma4.Models;

/// <summary>
/// The graphs in the folder onnx of a transformers.js folder. One folder may hold the model in several precisions; a
/// suffix of the file names tells them apart.
/// </summary>
internal sealed class ModelVariants
{
    internal const string Folder = "onnx";
    internal const string DecoderName = "decoder_model_merged";
    private const string EmbeddingName = "embed_tokens";
    private const string WholeName = "model";

    // Four bits with float32 arithmetic come first: reading the weights is what a token costs on a processor. Half
    // precision arithmetic comes last, because most processors convert it back and forth.
    private static readonly (string Name, string Suffix)[] Preferred =
    [
        ("q4", "_q4"), ("q8", "_quantized"), ("q8", "_q8"), ("int8", "_int8"), ("uint8", "_uint8"), ("fp32", ""),
        ("q4f16", "_q4f16"), ("fp16", "_fp16"), ("bnb4", "_bnb4"),
    ];

    private readonly string _root;
    private readonly bool _split;
    private readonly List<(string Name, string Suffix)> _found = [];

    internal ModelVariants(string root)
    {
        _root = root;
        _split = Find(DecoderName);
        if (!_split)
        {
            Find(WholeName);
        }
    }

    internal bool Exist => _found.Count > 0;

    /// <param name="wanted">Name or suffix of a precision; null for the first that is there in the order of preference.</param>
    internal (string Name, string DecoderPath, string? EmbeddingPath) Choose(string? wanted)
    {
        string name = wanted?.TrimStart('_') ?? "";
        int index = wanted is null
            ? 0
            : _found.FindIndex(variant => name.Equals(variant.Name, StringComparison.OrdinalIgnoreCase)
                || name.Equals(variant.Suffix.TrimStart('_'), StringComparison.OrdinalIgnoreCase));
        if (index < 0)
        {
            throw new Gemma4ModelException(
                $"The model in '{_root}' has no variant '{wanted}'. It has {List()}; name one of them, or none for the first.");
        }

        (string variantName, string suffix) = _found[index];
        return (variantName, FileOf(_split ? DecoderName : WholeName, suffix), _split ? EmbeddingFor(variantName, suffix) : null);
    }

    private string EmbeddingFor(string name, string suffix)
    {
        string path = FileOf(EmbeddingName, suffix);
        if (File.Exists(path))
        {
            return path;
        }

        // Downloads often pair one embedding with a decoder of another precision. With one there is nothing to guess.
        string[] others = [.. Preferred.Select(variant => FileOf(EmbeddingName, variant.Suffix)).Where(File.Exists)];
        return others.Length == 1
            ? others[0]
            : throw new Gemma4ModelException(
                $"{Folder}/{EmbeddingName}{suffix}.onnx not found in '{_root}': the variant '{name}' of the decoder needs it. There are the decoder variants {List()} and "
                + (others.Length == 0 ? "no embedding graph" : $"the embeddings {string.Join(", ", others.Select(Path.GetFileName))}")
                + ". Copy the missing file, or name another variant.");
    }

    private bool Find(string name)
    {
        _found.AddRange(Preferred.Where(variant => File.Exists(FileOf(name, variant.Suffix))));
        return Exist;
    }

    private string List() => string.Join(", ", _found.Select(variant => $"'{variant.Name}'").Distinct());

    private string FileOf(string name, string suffix) => Path.Combine(_root, Folder, name + suffix + ".onnx");
}
