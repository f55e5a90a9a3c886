namespace Gemma4.Agents.Memory;

/// <summary>How near two vectors are.</summary>
internal static class VectorDistance
{
    /// <summary>The cosine, -1 to 1; 0 when one of them is zero.</summary>
    public static double Cosine(float[] left, float[] right)
    {
        double dot = 0, first = 0, second = 0;
        for (int i = 0; i < left.Length; i++)
        {
            dot += left[i] * right[i];
            first += left[i] * left[i];
            second += right[i] * right[i];
        }

        return first > 0 && second > 0 ? dot / Math.Sqrt(first * second) : 0;
    }
}
