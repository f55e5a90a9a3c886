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
        [DocumentIndex.Option, Pattern, DocumentIndex.TenantOption, DocumentIndex.EmbeddingOption],
        RunAsync);

    private static async Task RunAsync(ParsedArguments arguments, CliStreams streams, CancellationToken cancellationToken)
    {
        var folder = arguments.Positionals[0];
        if (!Directory.Exists(folder))
        {
            // Before an empty index is made.
            throw new DirectoryNotFoundException(
                File.Exists(folder) ? $"'{folder}' is a file; name its folder, and the file with {Pattern.Name}." : $"The folder '{folder}' does not exist.");
        }

        using var index = await DocumentIndex.OpenAsync(arguments, mustExist: false, cancellationToken).ConfigureAwait(false);
        await index.RememberModelAsync(cancellationToken).ConfigureAwait(false);
        IReadOnlyList<IDocumentReader> readers = [.. DocumentFolder.DefaultReaders, new PdfReader(), new DocxReader(), new HtmlReader()];
        var failures = 0;

        // One damaged file must not keep a thousand from being found.
        void LeaveOut(string path, Exception problem)
        {
            failures++;
            streams.Error.WriteLine(TerminalText.WithoutControls($"gemma4: left out: {CliApplication.OneLine(problem.Message)}"));
        }

        var documents = DocumentFolder.ReadAsync(folder, arguments.Text(Pattern.Name) ?? "**/*", readers, LeaveOut, cancellationToken);
        var result = await new DocumentIndexer(index.Chunks, index.Embeddings, index.Chunker())
            .IndexAsync(documents, index.Tenant, new Lines(streams), cancellationToken).ConfigureAwait(false);
        await streams.Output.WriteLineAsync(
            $"{result.Documents} documents, {result.Chunks} chunks: {result.Embedded} embedded, {result.Removed} removed.").ConfigureAwait(false);
        if (failures > 0)
        {
            throw new InvalidOperationException(failures == 1 ? "1 file could not be read." : $"{failures} files could not be read.");
        }

        if (result.Documents == 0)
        {
            await streams.Error.WriteLineAsync($"gemma4: nothing in '{folder}' is a document that matches.").ConfigureAwait(false);
        }
    }

    private sealed class Lines(CliStreams streams) : IProgress<IngestionProgress>
    {
        public void Report(IngestionProgress value)
        {
            if (streams.IsInteractive)
            {
                streams.Error.WriteLine(TerminalText.WithoutControls(value.DocumentId ?? ""));
            }
        }
    }
}
