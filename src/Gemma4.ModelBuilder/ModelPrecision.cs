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
}
