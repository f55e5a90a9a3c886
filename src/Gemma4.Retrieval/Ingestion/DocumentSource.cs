namespace Gemma4.Retrieval.Ingestion;

/// <summary>Files that the hosted ingestion reads.</summary>
internal sealed record DocumentSource(string Folder, string Pattern, string Tenant);
