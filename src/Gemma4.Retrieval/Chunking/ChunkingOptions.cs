namespace Gemma4.Retrieval.Chunking;

/// <summary>How documents are cut.</summary>
public sealed class ChunkingOptions
{
    /// <summary>The most tokens of a chunk, counted on the chunk's text as it is; at least 8. Default 300.</summary>
    public int MaxTokens { get; set; } = 300;

    /// <summary>The most tokens that a chunk repeats of the one before it; at most half of <see cref="MaxTokens"/>. Default 30.</summary>
    public int OverlapTokens { get; set; } = 30;

    /// <summary>Where chunks may end. Default <see cref="ChunkBoundary.Structure"/>.</summary>
    public ChunkBoundary Boundary { get; set; }

    /// <summary>
    /// Counts tokens; the model's own tokenizer gives the exact budget. The default counts one token for each four bytes of
    /// UTF-8, which is rough.
    /// </summary>
    public Func<string, int> CountTokens { get; set; } = static text => (System.Text.Encoding.UTF8.GetByteCount(text) + 3) / 4;
}
