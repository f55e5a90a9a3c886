using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Gemma4.Retrieval.Stores;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.VectorData;

namespace Gemma4.Cli.Retrieval;

/// <summary>
/// Which embedding model made an index. The model is known by what it makes of one text: a folder may move, and another
/// variant in the same folder is another model.
/// </summary>
internal sealed record EmbeddingMark
{
    /// <summary>The only record of its collection.</summary>
    public const string OnlyKey = "embedding";

    private const string Probe = "The price of the ticket is 12 euros.";

    // Other processors and thread counts round differently; other models and precisions are further away.
    private const double SameCosine = 0.9999;

    public string Key { get; set; } = OnlyKey;

    public string Model { get; set; } = "";

    /// <summary>Where the model was; empty for the built-in one.</summary>
    public string Folder { get; set; } = "";

    public int Dimensions { get; set; }

    /// <summary>What the model makes of a text that never changes: little-endian floats in base64.</summary>
    public string Vector { get; set; } = "";

    public static VectorStoreCollectionDefinition Definition { get; } = new()
    {
        Properties =
        [
            new VectorStoreKeyProperty(nameof(Key), typeof(string)),
            new VectorStoreDataProperty(nameof(Model), typeof(string)),
            new VectorStoreDataProperty(nameof(Folder), typeof(string)),
            new VectorStoreDataProperty(nameof(Dimensions), typeof(int)),
            new VectorStoreDataProperty(nameof(Vector), typeof(string)),
        ],
    };

    public static async Task<EmbeddingMark> OfAsync(
        IEmbeddingGenerator<string, Embedding<float>> embeddings, string folder, CancellationToken cancellationToken)
    {
        var vector = await embeddings.GenerateVectorAsync(Probe, EmbeddingPurpose.Document, cancellationToken).ConfigureAwait(false);
        return new EmbeddingMark
        {
            Model = embeddings.GetService<EmbeddingGeneratorMetadata>()?.DefaultModelId ?? "",
            Folder = folder,
            Dimensions = vector.Length,
            Vector = Convert.ToBase64String(MemoryMarshal.AsBytes(vector.Span)),
        };
    }

    public bool IsSameModel(EmbeddingMark other) =>
        Dimensions == other.Dimensions && TensorPrimitives.CosineSimilarity(Floats(Vector), Floats(other.Vector)) >= SameCosine;

    public override string ToString() =>
        Folder.Length == 0 ? $"the built-in {Model}" : $"the embedding model '{Model}' ({Dimensions} values, '{Folder}')";

    private static ReadOnlySpan<float> Floats(string vector) => MemoryMarshal.Cast<byte, float>(Convert.FromBase64String(vector));
}
