namespace Gemma4.Retrieval.Ingestion;

/// <summary>A paragraph, heading, table or piece of code.</summary>
/// <param name="Kind">Decides where it may be cut.</param>
/// <param name="Offset">Its first character in the document's text.</param>
/// <param name="Length">Its characters; above 0.</param>
/// <param name="Heading">The headings above it, outermost first, parted by <c> &gt; </c>; null above the first.</param>
/// <param name="Page">From 1; null where the format has no pages.</param>
public readonly record struct DocumentPart(DocumentPartKind Kind, int Offset, int Length, string? Heading = null, int? Page = null);
