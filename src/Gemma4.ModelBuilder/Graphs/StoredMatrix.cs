namespace Gemma4.ModelBuilder.Graphs;

/// <summary>A matrix in the external data file.</summary>
/// <param name="Name">Its name without prefix and ".weight".</param>
/// <param name="Rows">Outputs of a projection, or entries of a table.</param>
/// <param name="Columns">Inputs of a projection, or width of a table.</param>
/// <param name="Bits">32 for floats, otherwise 8 or 4.</param>
/// <param name="BlockSize">Values that share a scale; 0 for floats.</param>
/// <param name="DataOffset">Where the values start.</param>
/// <param name="ScaleOffset">Where the scales start.</param>
internal sealed record StoredMatrix(
    string Name, int Rows, int Columns, int Bits, int BlockSize, long DataOffset, long ScaleOffset)
{
    public bool IsQuantized => Bits < 32;

    public long DataBytes => (long)Rows * Columns * Bits / 8;

    public int Blocks => Columns / BlockSize;

    public long ScaleBytes => IsQuantized ? (long)Rows * Blocks * sizeof(float) : 0;
}
