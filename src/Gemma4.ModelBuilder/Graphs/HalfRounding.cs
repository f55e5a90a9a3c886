namespace Gemma4.ModelBuilder.Graphs;

/// <summary>Rounds floats to 16 bits.</summary>
internal static class HalfRounding
{
    /// <exception cref="InvalidDataException">A value lies outside the range of 16-bit floats.</exception>
    public static void Narrow(ReadOnlySpan<float> values, Span<Half> halves, string tensor)
    {
        for (var i = 0; i < values.Length; i++)
        {
            halves[i] = (Half)values[i];
            if (!Half.IsFinite(halves[i]))
            {
                throw new InvalidDataException(
                    $"Tensor '{tensor}' holds {values[i]}, which 16-bit floats (at most 65504) cannot hold. "
                    + "Build with Float32, Int8 or Int4.");
            }
        }
    }
}
