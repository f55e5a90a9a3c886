namespace Gemma4.Retrieval.Search;

/// <summary>How passages are found.</summary>
public sealed class DocumentSearchOptions
{
    /// <summary>The most passages; at least 1. Default 4.</summary>
    public int Top { get; set; } = 4;

    /// <summary>What finds passages. Default <see cref="SearchMode.Hybrid"/>.</summary>
    public SearchMode Mode { get; set; }

    /// <summary>How the two legs of hybrid search are joined; a store without <c>IKeywordSearchable</c> fuses itself.</summary>
    public FusionKind Fusion { get; set; }

    /// <summary>The weight of the vectors in <see cref="FusionKind.MinMax"/>, 0 to 1; keywords have the rest. Default 0.5.</summary>
    public double DenseWeight { get; set; } = 0.5;

    /// <summary>Results of each leg that are fused, reranked and diversified; at least <see cref="Top"/>. Default 50.</summary>
    public int Candidates { get; set; } = 50;

    /// <summary>Drops passages whose final score is lower; its scale is that of the mode, or of the reranker. Default none.</summary>
    public double? ScoreThreshold { get; set; }

    /// <summary>Below 1, results are chosen to differ from each other (MMR); 1 is off. Default 1.</summary>
    public double Diversity { get; set; } = 1;

    /// <summary>
    /// Scores passages for a query, one score per passage, higher better: a cross-encoder, or the log-probability of "Yes" of a
    /// chat model. Null leaves the order as it is.
    /// </summary>
    public Func<string, IReadOnlyList<string>, CancellationToken, Task<IReadOnlyList<double>>>? Rerank { get; set; }
}
