using System.Runtime.CompilerServices;
using Microsoft.Extensions.FileSystemGlobbing;
using Microsoft.Extensions.FileSystemGlobbing.Abstractions;

namespace Gemma4.Retrieval.Ingestion;

/// <summary>The documents of a folder.</summary>
public static class DocumentFolder
{
    /// <summary>The readers that need no other package: Markdown, text and code.</summary>
    public static IReadOnlyList<IDocumentReader> DefaultReaders { get; } = [new MarkdownReader(), new PlainTextReader()];

    /// <summary>Reads the files that match, in the order of their paths; the path is the document's id.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="pattern">A glob below the folder, e.g. <c>**/*.md</c>.</param>
    /// <param name="readers">The first that can read a file does; files that none can read are left out. The defaults when null.</param>
    /// <param name="unreadable">Told the path of a file that cannot be read, which is left out, and why; when null, the default, it ends the reading.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    public static async IAsyncEnumerable<SourceDocument> ReadAsync(
        string folder, string pattern = "**/*", IReadOnlyList<IDocumentReader>? readers = null,
        Action<string, Exception>? unreadable = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        if (!Directory.Exists(folder))
        {
            throw new DirectoryNotFoundException($"The folder '{folder}' does not exist.");
        }

        Matcher matcher = new(StringComparison.Ordinal);
        matcher.AddInclude(pattern);
        foreach (string path in matcher.Execute(new DirectoryInfoWrapper(new DirectoryInfo(folder))).Files.Select(file => file.Path).Order(StringComparer.Ordinal))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if ((readers ?? DefaultReaders).FirstOrDefault(reader => reader.CanRead(path)) is { } reader
                && await ReadAsync(reader, folder, path, unreadable, cancellationToken).ConfigureAwait(false) is { } document)
            {
                yield return document;
            }
        }
    }

    private static async Task<SourceDocument?> ReadAsync(
        IDocumentReader reader, string folder, string path, Action<string, Exception>? unreadable, CancellationToken cancellationToken)
    {
        try
        {
            FileStream content = File.OpenRead(Path.Combine(folder, path));
            await using (content.ConfigureAwait(false))
            {
                return await reader.ReadAsync(content, path, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception problem) when (unreadable is not null && problem is not OperationCanceledException)
        {
            unreadable(path, problem);
            return null;
        }
    }
}
