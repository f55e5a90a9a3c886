namespace Gemma4.Retrieval.Ingestion;

/// <summary>How far an ingestion is; also its result.</summary>
/// <param name="Documents">Documents that are completely in the store.</param>
/// <param name="Chunks">Chunks of these documents.</param>
/// <param name="Embedded">Chunks that had to be embedded; the others were there already.</param>
/// <param name="Rejected">Chunks that the screening kept out.</param>
/// <param name="Removed">Chunks that were in the store and are no longer part of their document.</param>
/// <param name="DocumentId">The document that was finished last.</param>
public sealed record IngestionProgress(int Documents, int Chunks, int Embedded, int Rejected, int Removed, string? DocumentId);
