namespace Gemma4.Retrieval.Chunking;

/// <summary>Where a chunk may end.</summary>
public enum ChunkBoundary
{
    /// <summary>A heading starts a new chunk; then paragraphs, rows, lines of code, sentences.</summary>
    Structure,

    /// <summary>Between sentences, whatever the headings are.</summary>
    Sentence,

    /// <summary>Between words: every chunk as full as it can be.</summary>
    Token,
}
