namespace Gemma4.Retrieval.Stores;

/// <summary>What a search reads before it scores in full.</summary>
internal enum VectorPrefilter
{
    /// <summary>Nothing: every vector is scored.</summary>
    None,

    /// <summary>Vectors of whole numbers with known error: only those that can be among the results are scored. Nothing is missed.</summary>
    Bytes,

    /// <summary>Signs alone: those with the most signs of the query are scored. Near ones may be missed.</summary>
    Signs,
}
