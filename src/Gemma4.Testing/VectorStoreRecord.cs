using Microsoft.Extensions.VectorData;

namespace Gemma4.Testing;

/// <summary>The record that <see cref="VectorStoreConformance"/> stores.</summary>
public sealed record VectorStoreRecord
{
    /// <summary>The key.</summary>
    [VectorStoreKey]
    public string Key { get; set; } = "";

    /// <summary>Searched by keywords.</summary>
    [VectorStoreData(IsFullTextIndexed = true)]
    public string? Text { get; set; }

    /// <summary>Filtered by; may be null.</summary>
    [VectorStoreData(IsIndexed = true)]
    public string? Tag { get; set; }

    /// <summary>Filtered and ordered by.</summary>
    [VectorStoreData(IsIndexed = true)]
    public int Number { get; set; }

    /// <summary>Filtered by.</summary>
    [VectorStoreData(IsIndexed = true)]
    public double Weight { get; set; }

    /// <summary>Filtered by.</summary>
    [VectorStoreData(IsIndexed = true)]
    public bool Flag { get; set; }

    /// <summary>Four dimensions, cosine similarity.</summary>
    [VectorStoreVector(4, DistanceFunction = DistanceFunction.CosineSimilarity)]
    public ReadOnlyMemory<float> Vector { get; set; }
}
