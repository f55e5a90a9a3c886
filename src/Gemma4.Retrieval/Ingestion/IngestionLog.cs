using Microsoft.Extensions.Logging;

namespace Gemma4.Retrieval.Ingestion;

internal static partial class IngestionLog
{
    [LoggerMessage(1, LogLevel.Information, "Indexed {Documents} documents: {Chunks} chunks, of which {Embedded} were new.")]
    public static partial void Finished(ILogger logger, int documents, int chunks, int embedded);

    [LoggerMessage(2, LogLevel.Error, "The ingestion of documents stopped.")]
    public static partial void Failed(ILogger logger, Exception problem);
}
