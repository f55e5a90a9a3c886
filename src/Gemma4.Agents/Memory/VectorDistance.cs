using System.Numerics.Tensors;

namespace Gemma4.Agents.Memory;

/// <summary>How near two vectors are.</summary>
internal static class VectorDistance
{
    /// <summary>The cosine, -1 to 1; 0 when one of them is zero or empty.</summary>
    public static double Cosine(ReadOnlySpan<float> left, ReadOnlySpan<float> right)
    {
        float cosine = left.IsEmpty ? 0 : TensorPrimitives.CosineSimilarity(left, right);
        return float.IsNaN(cosine) ? 0 : cosine;
    }
}
