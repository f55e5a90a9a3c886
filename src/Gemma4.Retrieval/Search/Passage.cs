namespace Gemma4.Retrieval.Search;

/// <summary>A chunk that was found.</summary>
/// <param name="Chunk">The chunk.</param>
/// <param name="Score">Higher is better; the scale depends on the mode.</param>
public sealed record Passage(DocumentChunk Chunk, double Score);
