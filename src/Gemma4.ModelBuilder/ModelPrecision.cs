using System.Diagnostics.CodeAnalysis;

namespace Gemma4.ModelBuilder;

/// <summary>How the large weights of a built model are stored.</summary>
[SuppressMessage("Naming", "CA1720", Justification = "The type is the meaning.")]
public enum ModelPrecision
{
    /// <summary>32-bit floats: exact, four bytes a weight. The default.</summary>
    Float32,

    /// <summary>8-bit integers with one scale a block: about 1.1 bytes a weight, hardly any loss.</summary>
    Int8,

    /// <summary>4-bit integers with one scale a block: about 0.6 bytes a weight, a visible loss in small models.</summary>
    Int4,

    /// <summary>16-bit floats on disk, two bytes a weight; products are 32-bit. The runtime widens the projections when
    /// it loads the model, so this saves disk and download, not memory. Tables that are only looked up stay 16-bit.</summary>
    Float16,
}
