using Gemma4.Retrieval.Chunking;
using Gemma4.Retrieval.Ingestion;
using Gemma4.Retrieval.Search;

namespace Gemma4.Retrieval;

/// <summary>Options of <c>AddGemma4Retrieval</c>; what is not a delegate binds from configuration.</summary>
public sealed class Gemma4RetrievalOptions
{
    /// <summary>The collection that holds the chunks. Default <c>documents</c>.</summary>
    public string Collection { get; set; } = "documents";

    /// <summary>How vectors are indexed, one of <c>IndexKind</c>; the store's default when null.</summary>
    public string? IndexKind { get; set; }

    /// <summary>How documents are cut.</summary>
    public ChunkingOptions Chunking { get; } = new();

    /// <summary>How documents get into the store.</summary>
    public IngestionOptions Ingestion { get; } = new();

    /// <summary>How passages are found.</summary>
    public DocumentSearchOptions Search { get; } = new();
}
