namespace Gemma4.Retrieval.Ingestion;

/// <summary>What a part of a document is, and so where it may be cut when it is too long for one chunk.</summary>
public enum DocumentPartKind
{
    /// <summary>Prose; cut between sentences.</summary>
    Paragraph,

    /// <summary>A heading; starts a chunk.</summary>
    Heading,

    /// <summary>Code; cut between lines, at blank lines first.</summary>
    Code,

    /// <summary>A table; cut between rows.</summary>
    Table,

    /// <summary>A list; cut between its lines.</summary>
    List,
}
