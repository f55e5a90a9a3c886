namespace Gemma4.ModelBuilder.Graphs;

/// <summary>A matrix in the external data file.</summary>
/// <param name="Name">Its name without prefix and ".weight".</param>
/// <param name="Rows">Outputs of a projection, or entries of a table.</param>
/// <param name="Columns">Inputs of a projection, or width of a table.</param>
/// <param name="Bits">32 or 16 for floats, otherwise 8 or 4.</param>
/// <param name="BlockSize">Values that share a scale; 0 for floats.</param>
/// <param name="DataOffset">Where the values start.</param>
/// <param name="ScaleOffset">Where the scales start.</param>
internal sealed record StoredMatrix(
    string Name, int Rows, int Columns, int Bits, int BlockSize, long DataOffset, long ScaleOffset)
{
    public bool IsQuantized => BlockSize > 0;

    public long DataBytes => (long)Rows * Columns * Bits / 8;

    public int Blocks => Columns / BlockSize;

    public long ScaleBytes => IsQuantized ? (long)Rows * Blocks * sizeof(float) : 0;

    /// <summary>One of the equal matrices that this one is a stack of.</summary>
    public StoredMatrix Part(int index, int rows)
    {
        var part = this with { Name = $"{Name}.{index}", Rows = rows };
        return part with
        {
            DataOffset = DataOffset + (index * part.DataBytes),
            ScaleOffset = ScaleOffset + (index * part.ScaleBytes),
        };
    }
}
