namespace Gemma4.ModelBuilder;

/// <summary>A model of a published size without its weights: what it says means nothing, but its speed and memory are
/// those of the real one.</summary>
/// <param name="Size">The size whose shapes it has.</param>
public sealed record RandomModel(Gemma4Size Size)
{
    /// <summary>Decoder layers, from 1 to those of the size. Default null: all. Fewer layers keep the order of sliding
    /// and full attention, with full attention last, and about the share of layers that borrow their keys and
    /// values.</summary>
    public int? Layers { get; init; }

    /// <summary>Start of the random weights, any number. Default 0. The same seed gives the same weights.</summary>
    public int Seed { get; init; }
}
