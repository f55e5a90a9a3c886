using System.Numerics;

namespace Gemma4.Embeddings;

/// <summary>A linear layer after the pooling: one output value per row of the weights.</summary>
/// <param name="weights">[output, input].</param>
/// <param name="bias">[output]; null for none.</param>
/// <param name="inputs">Values that go in.</param>
internal sealed class DenseLayer(float[] weights, float[]? bias, int inputs)
{
    internal int Inputs => inputs;

    internal int Outputs => weights.Length / inputs;

    internal float[] Apply(ReadOnlySpan<float> input)
    {
        float[] output = new float[Outputs];
        for (int row = 0; row < output.Length; row++)
        {
            output[row] = Dot(weights.AsSpan(row * inputs, inputs), input) + (bias is null ? 0 : bias[row]);
        }

        return output;
    }

    private static float Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        Vector<float> sums = Vector<float>.Zero;
        int at = 0;
        for (; at <= a.Length - Vector<float>.Count; at += Vector<float>.Count)
        {
            sums += new Vector<float>(a[at..]) * new Vector<float>(b[at..]);
        }

        float sum = Vector.Sum(sums);
        for (; at < a.Length; at++)
        {
            sum += a[at] * b[at];
        }

        return sum;
    }
}
