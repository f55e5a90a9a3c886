using Gemma4.Retrieval;
using Gemma4.Retrieval.Sqlite;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds the SQLite store to retrieval.</summary>
public static class SqliteRetrievalBuilderExtensions
{
    /// <summary>Keeps chunks in one SQLite file.</summary>
    /// <param name="builder">From <c>AddGemma4Retrieval</c>.</param>
    /// <param name="path">The file; made when it is not there.</param>
    /// <param name="configure">Changes the options.</param>
    public static Gemma4RetrievalBuilder AddSqliteStore(this Gemma4RetrievalBuilder builder, string path, Action<SqliteVectorStoreOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        return builder.AddStore(_ =>
        {
            SqliteVectorStoreOptions options = new();
            configure?.Invoke(options);
            return new SqliteVectorStore(path, options);
        });
    }
}
