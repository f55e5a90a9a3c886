namespace Gemma4.ModelBuilder.Graphs;

/// <summary>What differs between graphs of the same model that different exporters write.</summary>
internal sealed record GraphStyle
{
    /// <summary>As the builder's own text graph: the operator appends to its cache and scores one position.</summary>
    public static GraphStyle Own { get; } = new();

    /// <summary>For this library's own engine: sliding layers keep a window, and several positions can be scored.</summary>
    public static GraphStyle Windowed { get; } = new() { WindowedCaches = true, TakesLogitsToKeep = true, SkipsUnscored = true };

    /// <summary>As ONNX Runtime GenAI's graph packages: the embedding graph has inputs for images and audio.</summary>
    public static GraphStyle MultiModel { get; } = new() { TakesFeatures = true };

    /// <summary>As exports that are traced from the reference implementation: caches are concatenated.</summary>
    public static GraphStyle Traced { get; } = new() { TracedAttention = true, TakesLogitsToKeep = true };

    /// <summary>
    /// Caches of sliding layers have a length of their own, given by a mask of their own, so that the caller can give up
    /// rows that the window has left behind. Positions are an input.
    /// </summary>
    public bool WindowedCaches { get; init; }

    /// <summary>Asked to score fewer than 0 positions, the graph writes its caches and does no more.</summary>
    public bool SkipsUnscored { get; init; }

    /// <summary>Attention in plain operators, positions as an input, and caches returned as longer tensors.</summary>
    public bool TracedAttention { get; init; }

    /// <summary>The caller says how many last positions are scored. Otherwise a traced graph scores all, another the last.</summary>
    public bool TakesLogitsToKeep { get; init; }

    /// <summary>The embedding graph places rows of image and audio features where their placeholders stand.</summary>
    public bool TakesFeatures { get; init; }

    /// <summary>Per-layer inputs pass from graph to graph as [B, S, L, P] instead of [B, S, L*P].</summary>
    public bool PerLayerAxis { get; init; }

    /// <summary>The decoder of a split model takes the ids too.</summary>
    public bool DecoderTakesIds { get; init; }

    /// <summary>The decoder takes a flag that says whether there is a past; a wrong one makes all logits 0.</summary>
    public bool TakesCacheBranch { get; init; }
}
