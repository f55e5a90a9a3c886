namespace Gemma4.Retrieval.Search;

/// <summary>How keyword and vector results are joined.</summary>
public enum FusionKind
{
    /// <summary>By rank; needs no comparable scores.</summary>
    Reciprocal,

    /// <summary>By scores stretched to 0..1, weighted by <see cref="DocumentSearchOptions.DenseWeight"/>.</summary>
    MinMax,
}
