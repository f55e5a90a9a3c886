using Gemma4.OnnxRuntime;

namespace Gemma4.Embeddings;

/// <summary>What a <see cref="Gemma4EmbeddingGenerator"/> needs to know.</summary>
public sealed class Gemma4EmbeddingOptions
{
    /// <summary>
    /// Folder of an EmbeddingGemma or EmbeddingGemma 2 graph: tokenizer.json, and model.onnx or a folder onnx that holds it.
    /// Required. Relative paths count from the current directory.
    /// </summary>
    public string? ModelPath { get; set; }

    /// <summary>
    /// Precision to run of those in the folder onnx, as in "fp32", "q8" or "q4". Default null: the first that is there of
    /// fp32, q8, int8, uint8, q4. Half precision is run only when named: the model's activations leave its range.
    /// </summary>
    public string? ModelVariant { get; set; }

    /// <summary>Name under which the model is reported. The default is the name of its folder.</summary>
    public string? ModelId { get; set; }

    /// <summary>
    /// Values per vector, from 1 to what the model gives. Default null: all. Fewer are the first ones, scaled to length 1
    /// again; EmbeddingGemma was trained for 768, 512, 256 and 128. A request may ask for another number.
    /// </summary>
    public int? Dimensions { get; set; }

    /// <summary>
    /// What texts are embedded for when a request does not say so in <c>AdditionalProperties["purpose"]</c>; it chooses the
    /// prompt. One of "query", "document", "clustering", "classification", "sentence similarity", "summarization", "code
    /// retrieval", "none", or a name in <see cref="Prompts"/> or in the folder's config_sentence_transformers.json. The
    /// default, null, embeds texts as they are, like "none".
    /// </summary>
    public string? Purpose { get; set; }

    /// <summary>
    /// Prompts by purpose that are added to the model's own or take their place; the text follows directly. Default empty.
    /// </summary>
    public IDictionary<string, string> Prompts { get; } = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// Most tokens of a text with its prompt and the tokens around it, at least 3. Default null: what the folder's
    /// configuration says, or 2,048. More than the configuration says is refused.
    /// </summary>
    public int? MaxTokens { get; set; }

    /// <summary>What becomes of longer texts. Default <see cref="EmbeddingOverflow.Refuse"/>.</summary>
    public EmbeddingOverflow Overflow { get; set; }

    /// <summary>
    /// Most tokens that one run of the graph computes, padding included, at least 1; texts of like length go together. A
    /// longer text runs alone. Default 4,096. Memory grows with it.
    /// </summary>
    public int MaxBatchTokens { get; set; } = 4096;

    /// <summary>
    /// Settings of ONNX Runtime. <c>MaxContextTokens</c> and <c>KvCacheMemoryBudget</c> are refused: an embedding model has
    /// no cache.
    /// </summary>
    public OnnxRuntimeOptions OnnxRuntime { get; } = new();
}
