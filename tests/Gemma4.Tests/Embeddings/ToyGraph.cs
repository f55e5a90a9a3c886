namespace Gemma4.Tests.Embeddings;

/// <summary>What a toy graph gives and takes, after the exports that exist.</summary>
public enum ToyGraph
{
    /// <summary>Token vectors; pooling and dense layers lie beside the graph.</summary>
    Tokens,

    /// <summary>The same with 32-bit ids.</summary>
    TokensOfInt32,

    /// <summary>Sentence vectors, not normalised, beside token vectors.</summary>
    Sentences,

    /// <summary>Sentence vectors, with inputs for other media that stay empty.</summary>
    SentencesWithMedia,

    /// <summary>Sentence vectors of 16-bit floats.</summary>
    SentencesOfHalf,
}
