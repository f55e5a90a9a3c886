using Gemma4.ModelBuilder.Checkpoints;
using Gemma4.ModelBuilder.Folders;
using Gemma4.ModelBuilder.Graphs;
using Gemma4.Models;

namespace Gemma4.ModelBuilder;

/// <summary>What <see cref="Gemma4ModelBuilder"/> makes of a checkpoint.</summary>
public sealed record ModelBuildOptions
{
    internal const int DefaultContextLimit = 32_768;

    /// <summary>Storage of the projection matrices and of the per-layer embedding table. Default
    /// <see cref="ModelPrecision.Float32"/>. Norms, expert routers and rotary tables are always floats.</summary>
    public ModelPrecision Precision { get; init; } = ModelPrecision.Float32;

    /// <summary>Storage of the token embedding, which is also the output head. Default null: Int8 beside Int4, where
    /// it removes most of the loss for about an eighth more bytes a token, otherwise as <see cref="Precision"/>.</summary>
    public ModelPrecision? EmbeddingPrecision { get; init; }

    internal ModelPrecision HeadPrecision => EmbeddingPrecision
        ?? (Precision == ModelPrecision.Int4 ? ModelPrecision.Int8 : Precision);

    /// <summary>Weights that share one scale: 16, 32, 64, 128 or 256. Default 32, in which models trained for 4 bits
    /// (Q4_0) are kept exactly; 128 runs about 1.3 times as fast on CPU and loses more. A matrix whose row length the block
    /// does not divide takes the next smaller block that does; without one it stays Float32.</summary>
    public int BlockSize { get; init; } = 32;

    /// <summary>How 4-bit weights are rounded; for comparisons.</summary>
    internal BlockRounding Rounding { get; init; }

    /// <summary>Arithmetic of the quantised products, in ONNX Runtime's numbering: 4 rounds activations to 8 bits and
    /// is the fastest on CPU, 1 keeps them 32-bit floats. Default 4.</summary>
    public int AccuracyLevel { get; init; } = 4;

    /// <summary>Positions the rotary tables cover, which is the longest conversation the folder can serve, in tokens.
    /// From 1 to the checkpoint's own limit. Default null: that limit or 32,768, whichever is smaller, because the
    /// tables of a 131,072-token model take 400 MB.</summary>
    public int? ContextLength { get; init; }

    /// <summary>Whether a non-empty output folder may be replaced. Default false: the build refuses. The old folder
    /// is removed only after the new one is complete.</summary>
    public bool Overwrite { get; init; }

    /// <summary>Threads that copy weights; null for one a core.</summary>
    internal int? Workers { get; init; }

    /// <summary>Free bytes on the disk of a folder, or null when the system cannot tell.</summary>
    internal Func<string, long?> FreeSpace { get; init; } = DiskSpace.Free;
    /// <summary>How the folder is divided. Default <see cref="ModelLayout.Text"/>: one graph, the fastest and smallest.
    /// The other two keep the embedding table twice, because the embedding is a graph of its own and the output head
    /// is the same table. <see cref="ModelLayout.TransformersJs"/> has no rotary tables, so that
    /// <see cref="ContextLength"/> must stay null.</summary>
    public ModelLayout Layout { get; init; }

    /// <summary>What the attention caches of sliding layers keep. Default null: <see cref="KeyValueCache.Windowed"/> in the
    /// layout <see cref="ModelLayout.Text"/>, which alone has it, and <see cref="KeyValueCache.Full"/> in the others.</summary>
    public KeyValueCache? KeyValues { get; init; }

    internal bool KeepsWindows => (KeyValues ?? DefaultKeyValues) == KeyValueCache.Windowed;

    private KeyValueCache DefaultKeyValues => Layout == ModelLayout.Text ? KeyValueCache.Windowed : KeyValueCache.Full;

    /// <summary>Storage of the cached keys and values of layers with full attention:
    /// <see cref="ModelPrecision.Float32"/>, the default, or <see cref="ModelPrecision.Int8"/>, a quarter of the bytes.
    /// With Int8 attention reads less and computes more: 7,900 tokens into a conversation with the size E2B a token took
    /// 0.86 of the time and a piece of a prompt 1.2 to 1.5 times as long. Answers differ a little. Sliding layers always keep 32-bit floats: their caches are small. Int8 goes with
    /// <see cref="KeyValueCache.Windowed"/> only; other engines take caches of one type.</summary>
    public ModelPrecision KeyValuePrecision { get; init; } = ModelPrecision.Float32;

    /// <summary>Reach of the 8 bits of a cached key or value; for comparisons.</summary>
    internal float KeyValueClip { get; init; } = CacheScales.DefaultClip;

    internal bool RoundsCacheOf(LayerConfig layer) => layer.IsFull && KeyValuePrecision == ModelPrecision.Int8;

    /// <summary>Habits of an exporter to imitate; null for those that go with the layout.</summary>
    internal GraphStyle? Style { get; init; }
}
