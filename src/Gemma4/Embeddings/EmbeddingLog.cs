using Microsoft.Extensions.Logging;

namespace Gemma4.Embeddings;

/// <summary>Log messages of the embedding generator. No text is logged.</summary>
internal static partial class EmbeddingLog
{
    [LoggerMessage(1, LogLevel.Information, "Embedding model {Directory} loaded, {Dimensions} dimensions, up to {MaxTokens} tokens")]
    public static partial void Loaded(ILogger logger, string directory, int dimensions, int maxTokens);

    [LoggerMessage(2, LogLevel.Warning, "{Count} texts were longer than {MaxTokens} tokens; their ends were left out of the embedding")]
    public static partial void Truncated(ILogger logger, int count, int maxTokens);
}
