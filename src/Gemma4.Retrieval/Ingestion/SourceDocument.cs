namespace Gemma4.Retrieval.Ingestion;

/// <summary>A document as a reader gives it: one text, and what its parts are.</summary>
/// <param name="Id">Unique in its tenant, stable across runs, e.g. a relative path.</param>
/// <param name="Text">The whole text; chunks and citations give positions in it.</param>
/// <param name="Parts">In the order of the text, without overlap; text between parts is only white space.</param>
public sealed record SourceDocument(string Id, string Text, IReadOnlyList<DocumentPart> Parts)
{
    /// <summary>The title; null when the document has none.</summary>
    public string? Title { get; init; }
}
