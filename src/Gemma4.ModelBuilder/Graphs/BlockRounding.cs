namespace Gemma4.ModelBuilder.Graphs;

/// <summary>How the scale of a 4-bit block is chosen.</summary>
internal enum BlockRounding
{
    /// <summary>The scale of least squared error among many.</summary>
    LeastSquares,

    /// <summary>The scale that makes the largest value exact.</summary>
    Extreme,
}
