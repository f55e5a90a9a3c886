namespace Gemma4.ModelBuilder.Graphs;

/// <summary>Which part of the model one graph computes.</summary>
internal enum GraphPart
{
    /// <summary>Token ids to logits.</summary>
    Whole,

    /// <summary>Token ids to embeddings.</summary>
    Embedding,

    /// <summary>Embeddings to logits.</summary>
    Decoder,
}
