using Gemma4.Cli.Arguments;
using Gemma4.Retrieval;
using Gemma4.Retrieval.Sqlite;
using Microsoft.Extensions.VectorData;

namespace Gemma4.Cli.Retrieval;

/// <summary>The store that 'index' fills and 'ask' reads.</summary>
internal static class DocumentStore
{
    public static readonly OptionDefinition Option = new("--store", "sqlite:FILE", "Where the index lies. Default: sqlite:gemma4-index.db.");
    public static readonly OptionDefinition Tenant = new("--tenant", "NAME", "Whose documents they are. Default: nobody's in particular.");

    private const string Prefix = "sqlite:";
    private const int Dimensions = 512;
    private const string DefaultFile = "gemma4-index.db";

    /// <summary>The embedding of both commands; they must use the same.</summary>
    public static HashedNgramEmbeddingGenerator Embeddings() => new(Dimensions);

    public static SqliteVectorStore Open(ParsedArguments arguments, bool mustExist)
    {
        var text = arguments.Text(Option.Name) ?? Prefix + DefaultFile;
        if (!text.StartsWith(Prefix, StringComparison.Ordinal) || text.Length == Prefix.Length)
        {
            throw new UsageException($"'{Option.Name}' takes sqlite:FILE, not '{text}'.");
        }

        var file = text[Prefix.Length..];
        return mustExist && !File.Exists(file)
            ? throw new FileNotFoundException($"There is no index '{file}'. Make one with 'gemma4 index DIR --store sqlite:{file}'.")
            : new SqliteVectorStore(file);
    }

    public static VectorStoreCollection<string, DocumentChunk> Documents(SqliteVectorStore store) =>
        store.GetCollection<string, DocumentChunk>("documents", DocumentChunk.Definition(Dimensions));
}
