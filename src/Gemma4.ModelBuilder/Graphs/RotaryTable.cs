namespace Gemma4.ModelBuilder.Graphs;

/// <summary>Cosines and sines of the rotary angles: [position, headSize / 2] each.</summary>
internal sealed record RotaryTable(float[] Cosines, float[] Sines)
{
    /// <param name="positions">Rows.</param>
    /// <param name="headSize">The divisor of the exponents even where only part of the pairs turns.</param>
    /// <param name="theta">Base of the frequencies.</param>
    /// <param name="share">Share of the pairs that turn; the rest has frequency 0, which leaves them as they are.</param>
    public static RotaryTable Compute(int positions, int headSize, double theta, double share)
    {
        var frequencies = Frequencies(headSize, theta, share);
        var pairs = frequencies.Length;
        var cosines = new float[checked(positions * pairs)];
        var sines = new float[positions * pairs];
        for (var pair = 0; pair < pairs; pair++)
        {
            var frequency = frequencies[pair];
            for (var position = 0; position < positions; position++)
            {
                var (sine, cosine) = Math.SinCos(position * frequency);
                cosines[(position * pairs) + pair] = (float)cosine;
                sines[(position * pairs) + pair] = (float)sine;
            }
        }

        return new RotaryTable(cosines, sines);
    }

    /// <summary>Radians a position turns each pair; 0 for pairs that do not turn.</summary>
    public static double[] Frequencies(int headSize, double theta, double share)
    {
        var turning = (int)(share * headSize / 2);
        return [.. Enumerable.Range(0, headSize / 2)
            .Select(pair => pair < turning ? Math.Pow(theta, -2.0 * pair / headSize) : 0)];
    }
}
