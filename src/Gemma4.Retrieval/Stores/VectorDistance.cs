using System.Numerics.Tensors;
using Microsoft.Extensions.VectorData;
using Microsoft.Extensions.VectorData.ProviderServices;

namespace Gemma4.Retrieval.Stores;

/// <summary>The distance functions of the abstraction: their score, and which end of the scale is the better one.</summary>
internal static class VectorDistance
{
    /// <summary>The function of a property; cosine similarity when it names none.</summary>
    /// <exception cref="NotSupportedException">There is no such function.</exception>
    public static string Of(VectorPropertyModel property) => property.DistanceFunction switch
    {
        null => DistanceFunction.CosineSimilarity,
        DistanceFunction.CosineSimilarity or DistanceFunction.CosineDistance or DistanceFunction.DotProductSimilarity
            or DistanceFunction.NegativeDotProductSimilarity or DistanceFunction.EuclideanDistance or DistanceFunction.EuclideanSquaredDistance
            or DistanceFunction.ManhattanDistance or DistanceFunction.HammingDistance => property.DistanceFunction,
        var other => throw new NotSupportedException($"The distance function '{other}' of '{property.ModelName}' is not known. Use one of DistanceFunction's constants."),
    };

    public static bool HigherIsBetter(string function) =>
        function is DistanceFunction.CosineSimilarity or DistanceFunction.DotProductSimilarity;

    public static bool IsCosine(string function) => function is DistanceFunction.CosineSimilarity or DistanceFunction.CosineDistance;

    /// <summary>Whether the order follows from the dot product (and the norms), so that a prefilter may be used.</summary>
    public static bool FollowsDot(string function) =>
        IsCosine(function) || function is DistanceFunction.DotProductSimilarity or DistanceFunction.NegativeDotProductSimilarity;

    /// <summary>The score; <paramref name="inverseNorms"/> is 1/(|a||b|) and used by the cosine functions only.</summary>
    public static float Score(string function, ReadOnlySpan<float> a, ReadOnlySpan<float> b, float inverseNorms) => function switch
    {
        DistanceFunction.CosineSimilarity => TensorPrimitives.Dot(a, b) * inverseNorms,
        DistanceFunction.CosineDistance => 1 - (TensorPrimitives.Dot(a, b) * inverseNorms),
        DistanceFunction.DotProductSimilarity => TensorPrimitives.Dot(a, b),
        DistanceFunction.NegativeDotProductSimilarity => -TensorPrimitives.Dot(a, b),
        DistanceFunction.EuclideanDistance => TensorPrimitives.Distance(a, b),
        DistanceFunction.EuclideanSquaredDistance => SquaredDistance(a, b),
        DistanceFunction.ManhattanDistance => Manhattan(a, b),
        _ => Hamming(a, b),
    };

    /// <summary>1/|v|, or 0 for the zero vector, whose cosine is then 0 and never NaN.</summary>
    public static float InverseNorm(ReadOnlySpan<float> vector)
    {
        float norm = TensorPrimitives.Norm(vector);
        return norm > 0 && float.IsFinite(norm) ? 1 / norm : 0;
    }

    private static float SquaredDistance(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        float distance = TensorPrimitives.Distance(a, b);
        return distance * distance;
    }

    private static float Manhattan(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        float sum = 0;
        for (int i = 0; i < a.Length; i++)
        {
            sum += Math.Abs(a[i] - b[i]);
        }

        return sum;
    }

    private static float Hamming(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        int different = 0;
        for (int i = 0; i < a.Length; i++)
        {
            different += a[i].Equals(b[i]) ? 0 : 1;
        }

        return different;
    }
}
