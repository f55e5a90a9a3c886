using Gemma4.Cli.Arguments;
using Gemma4.Retrieval.Documents;
using Gemma4.Retrieval.Ingestion;

namespace Gemma4.Cli.Retrieval;

/// <summary>Puts a folder of documents into a store.</summary>
internal static class IndexCommand
{
    private static readonly OptionDefinition Pattern = new("--pattern", "GLOB", "Which files below DIR. Default: **/*.");

    public static CommandDefinition Definition { get; } = new(
        "index",
        "DIR",
        1,
        1,
        "Makes a folder's Markdown, text, code, PDF, DOCX and HTML searchable for 'ask'; a second run reads only what changed.",
        [DocumentStore.Option, Pattern, DocumentStore.Tenant],
        RunAsync);

    private static async Task RunAsync(ParsedArguments arguments, CliStreams streams, CancellationToken cancellationToken)
    {
        using var store = DocumentStore.Open(arguments, mustExist: false);
        using var collection = DocumentStore.Documents(store);
        using var embeddings = DocumentStore.Embeddings();
        IReadOnlyList<IDocumentReader> readers = [.. DocumentFolder.DefaultReaders, new PdfReader(), new DocxReader(), new HtmlReader()];
        var documents = DocumentFolder.ReadAsync(arguments.Positionals[0], arguments.Text(Pattern.Name) ?? "**/*", readers, cancellationToken);
        var result = await new DocumentIndexer(collection, embeddings)
            .IndexAsync(documents, arguments.Text(DocumentStore.Tenant.Name) ?? "", new Lines(streams), cancellationToken).ConfigureAwait(false);
        await streams.Output.WriteLineAsync(
            $"{result.Documents} documents, {result.Chunks} chunks: {result.Embedded} embedded, {result.Removed} removed.").ConfigureAwait(false);
    }

    private sealed class Lines(CliStreams streams) : IProgress<IngestionProgress>
    {
        public void Report(IngestionProgress value)
        {
            if (streams.IsInteractive)
            {
                streams.Error.WriteLine(value.DocumentId);
            }
        }
    }
}
