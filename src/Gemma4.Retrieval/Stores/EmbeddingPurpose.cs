using Microsoft.Extensions.AI;

namespace Gemma4.Retrieval.Stores;

/// <summary>Tells an embedding generator whether it embeds a query or a document; those of retrieval models use different prompts.</summary>
public static class EmbeddingPurpose
{
    /// <summary>The key of <see cref="EmbeddingGenerationOptions.AdditionalProperties"/>; the value is <c>query</c> or <c>document</c>.</summary>
    public const string Key = "purpose";

    /// <summary>Options for a search query; a new instance each time.</summary>
    public static EmbeddingGenerationOptions Query => new() { AdditionalProperties = new() { [Key] = "query" } };

    /// <summary>Options for a text that is stored; a new instance each time.</summary>
    public static EmbeddingGenerationOptions Document => new() { AdditionalProperties = new() { [Key] = "document" } };
}
