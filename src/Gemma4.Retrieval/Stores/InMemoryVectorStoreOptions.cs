using Gemma4.Retrieval.Search;
using Microsoft.Extensions.AI;

namespace Gemma4.Retrieval.Stores;

/// <summary>Options of <see cref="InMemoryVectorStore"/>.</summary>
public sealed class InMemoryVectorStoreOptions
{
    /// <summary>Embeds vector properties that hold their source, e.g. a string, where the definition names no generator.</summary>
    public IEmbeddingGenerator? EmbeddingGenerator { get; set; }

    /// <summary>How keyword search reads text; the default is English.</summary>
    public TextAnalyzer Analyzer { get; set; } = TextAnalyzer.English;
}
