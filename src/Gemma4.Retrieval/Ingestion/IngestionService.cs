using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Gemma4.Retrieval.Ingestion;

/// <summary>Indexes the registered folders in the background; a failure is logged and told by the status, and does not end the host.</summary>
internal sealed class IngestionService(
    DocumentIndexer indexer, IEnumerable<DocumentSource> sources, IEnumerable<IDocumentReader> readers, IngestionStatus status, ILogger<IngestionService> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            IDocumentReader[] all = [.. readers, .. DocumentFolder.DefaultReaders];
            IngestionProgress total = new(0, 0, 0, 0, 0, null);
            foreach (DocumentSource source in sources)
            {
                IngestionProgress before = total;
                Progress progress = new(part => status.Report(Sum(before, part)));
                total = Sum(before, await indexer.IndexAsync(DocumentFolder.ReadAsync(source.Folder, source.Pattern, all, cancellationToken: stoppingToken), source.Tenant, progress, stoppingToken).ConfigureAwait(false));
            }

            IngestionLog.Finished(logger, total.Documents, total.Chunks, total.Embedded);
            status.Complete(total);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            status.Cancel();
        }
        catch (Exception problem)
        {
            IngestionLog.Failed(logger, problem);
            status.Fail(problem);
        }
    }

    private static IngestionProgress Sum(IngestionProgress a, IngestionProgress b) => new(
        a.Documents + b.Documents, a.Chunks + b.Chunks, a.Embedded + b.Embedded, a.Rejected + b.Rejected, a.Removed + b.Removed, b.DocumentId ?? a.DocumentId);

    // Progress<T> would report later, on another thread, and out of order.
    private sealed class Progress(Action<IngestionProgress> report) : IProgress<IngestionProgress>
    {
        public void Report(IngestionProgress value) => report(value);
    }
}
