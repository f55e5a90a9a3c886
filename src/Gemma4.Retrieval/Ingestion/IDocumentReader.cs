namespace Gemma4.Retrieval.Ingestion;

/// <summary>Reads one kind of file.</summary>
public interface IDocumentReader
{
    /// <summary>Whether this reader takes a file of this name; the first reader that does is used.</summary>
    bool CanRead(string fileName);

    /// <summary>Reads a document.</summary>
    /// <param name="content">The file; the caller closes it.</param>
    /// <param name="id">The id to give to the document.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    /// <exception cref="InvalidDataException">The file is damaged or of another kind.</exception>
    Task<SourceDocument> ReadAsync(Stream content, string id, CancellationToken cancellationToken = default);
}
