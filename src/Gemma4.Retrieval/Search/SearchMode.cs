namespace Gemma4.Retrieval.Search;

/// <summary>What finds passages.</summary>
public enum SearchMode
{
    /// <summary>Keywords and vectors, fused; vectors alone where the store has no keyword search.</summary>
    Hybrid,

    /// <summary>Vectors alone.</summary>
    Dense,

    /// <summary>Keywords alone.</summary>
    Keyword,
}
