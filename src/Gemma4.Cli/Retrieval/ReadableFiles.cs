using System.Runtime.CompilerServices;
using Gemma4.Retrieval.Ingestion;
using Microsoft.Extensions.FileSystemGlobbing;
using Microsoft.Extensions.FileSystemGlobbing.Abstractions;

namespace Gemma4.Cli.Retrieval;

/// <summary>
/// The documents of a folder as <see cref="DocumentFolder"/> gives them, but a file that cannot be read is reported and left
/// out: one damaged file must not keep a thousand from being found.
/// </summary>
internal sealed class ReadableFiles(string folder, string pattern, IReadOnlyList<IDocumentReader> readers, TextWriter error)
{
    /// <summary>Files that were left out so far.</summary>
    public int Failures { get; private set; }

    public async IAsyncEnumerable<SourceDocument> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Matcher matcher = new(StringComparison.Ordinal);
        matcher.AddInclude(pattern);
        foreach (var path in matcher.Execute(new DirectoryInfoWrapper(new DirectoryInfo(folder))).Files.Select(file => file.Path).Order(StringComparer.Ordinal))
        {
            if (readers.FirstOrDefault(reader => reader.CanRead(path)) is { } reader
                && await ReadAsync(reader, path, cancellationToken).ConfigureAwait(false) is { } document)
            {
                yield return document;
            }
        }
    }

    private async Task<SourceDocument?> ReadAsync(IDocumentReader reader, string path, CancellationToken cancellationToken)
    {
        try
        {
            var content = File.OpenRead(Path.Combine(folder, path));
            await using (content.ConfigureAwait(false))
            {
                return await reader.ReadAsync(content, path, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception problem) when (problem is not OperationCanceledException)
        {
            Failures++;
            await error.WriteLineAsync(TerminalText.WithoutControls($"gemma4: left out: {CliApplication.OneLine(problem.Message)}")).ConfigureAwait(false);
            return null;
        }
    }
}
