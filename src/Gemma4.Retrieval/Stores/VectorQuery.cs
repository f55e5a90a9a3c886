using System.Numerics.Tensors;
using Microsoft.Extensions.VectorData;

namespace Gemma4.Retrieval.Stores;

/// <summary>A query, compared with vectors by one distance function. A rank is what orders: higher is better, whatever the function.</summary>
internal sealed class VectorQuery
{
    private readonly float[] _values;
    private readonly string _function;
    private readonly bool _cosine;

    public VectorQuery(ReadOnlySpan<float> query, string function)
    {
        _values = query.ToArray();
        _function = function;
        _cosine = VectorDistance.IsCosine(function);
        FollowsDot = VectorDistance.FollowsDot(function);
        InverseNorm = VectorDistance.InverseNorm(query);
    }

    public ReadOnlySpan<float> Values => _values;

    public float InverseNorm { get; }

    /// <summary>Whether the rank is the product, or the product over the lengths.</summary>
    public bool FollowsDot { get; }

    public float Rank(VectorBlock block, int row) => FollowsDot
        ? Scaled(TensorPrimitives.Dot(_values, block.Row(row)), block.InverseNorms[row])
        : -VectorDistance.Score(_function, _values, block.Row(row), 0);

    /// <summary>The least and the highest rank that a row can have by its bytes.</summary>
    public (float Least, float Most) Bounds(RoundedQuery rounded, VectorBlock block, int row)
    {
        float inverseNorm = block.InverseNorms[row];
        // A length beyond single precision makes no bounds: such a row is scored.
        if (inverseNorm == 0 || InverseNorm == 0)
        {
            return (float.NegativeInfinity, float.PositiveInfinity);
        }

        float rank = Scaled(rounded.Product(block, row), inverseNorm);
        float error = rounded.Error(block, row) / (_cosine ? 1 : inverseNorm * InverseNorm);
        return (rank - error, rank + error);
    }

    public float Score(float rank) => _function switch
    {
        DistanceFunction.CosineSimilarity or DistanceFunction.DotProductSimilarity => rank,
        DistanceFunction.CosineDistance => 1 - rank,
        _ => -rank,
    };

    private float Scaled(float product, float inverseNorm) => _cosine ? product * inverseNorm * InverseNorm : product;
}
