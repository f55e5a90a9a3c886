namespace Gemma4.Embeddings;

/// <summary>What becomes of a text with more tokens than the model reads.</summary>
public enum EmbeddingOverflow
{
    /// <summary>The call fails, names the text and says how much it is over. A vector of half a text finds half of it.</summary>
    Refuse,

    /// <summary>Its first tokens are embedded, with the closing token kept. A warning is logged.</summary>
    Truncate,
}
