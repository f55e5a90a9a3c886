using Gemma4.Retrieval.Search;
using Microsoft.Extensions.AI;

namespace Gemma4.Retrieval.Sqlite;

/// <summary>Options of <see cref="SqliteVectorStore"/>.</summary>
public sealed class SqliteVectorStoreOptions
{
    /// <summary>Embeds vector properties that hold their source, e.g. a string, where the definition names no generator.</summary>
    public IEmbeddingGenerator? EmbeddingGenerator { get; set; }

    /// <summary>How keyword search reads text; the default is English. The same one must be used for the life of a file.</summary>
    public TextAnalyzer Analyzer { get; set; } = TextAnalyzer.English;

    /// <summary>The path of the sqlite-vec library; vectors are then compared by it instead of by an own scan. Null by default.</summary>
    public string? VectorExtension { get; set; }
}
