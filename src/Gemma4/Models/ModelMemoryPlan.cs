using Gemma4.OnnxRuntime;

namespace Gemma4.Models;

/// <summary>
/// What a model folder takes of a machine's memory on the processor, worked out from the graph without loading it. The
/// rules are how ONNX Runtime 1.31.1 behaved when measured; count on a tenth more or less.
/// </summary>
public sealed record ModelMemoryPlan
{
    // Repacking a block of MatMulNBits adds its scale and the sum of its values, one float each.
    private const int RepackedBlockExtra = 2 * sizeof(float);

    // Intermediate values alive at once in a layer, in widths of its largest projection: gate, up, their product, and the
    // runtime's quantised copy of the input.
    private const int LiveActivations = 4;

    // The runtime, its graph and the thread pool.
    private const long RuntimeBytes = 60_000_000;

    /// <summary>Bytes of all weights as stored.</summary>
    public required long WeightBytes { get; init; }

    /// <summary>
    /// Bytes of memory the weights take once loaded: projections are copied in another order. The rest of
    /// <see cref="WeightBytes"/>, above all embedding tables, stays in the file and is read by page when needed.
    /// </summary>
    public required long ResidentWeightBytes { get; init; }

    /// <summary>Bytes of attention cache for each token of a conversation, without <see cref="WindowCacheBytes"/>.</summary>
    public required long CacheBytesPerToken { get; init; }

    /// <summary>
    /// Bytes of attention cache that layers with a window take, however long the conversation. Default 0: the caches of
    /// all layers keep every token.
    /// </summary>
    public long WindowCacheBytes { get; init; }

    /// <summary>Whether some caches hold keys and values rounded to 8 bits.</summary>
    internal bool RoundsCaches { get; init; }

    /// <summary>Bytes of working memory while a prompt is read, without the attention scores.</summary>
    public required long ScratchBytes { get; init; }

    /// <summary>Bytes of attention scores for each token already in the conversation, while a prompt is read.</summary>
    public required long ScoreBytesPerToken { get; init; }

    /// <summary>Bytes for the model and one conversation of <paramref name="tokens"/> tokens.</summary>
    public long BytesFor(int tokens) =>
        RuntimeBytes + ResidentWeightBytes + ScratchBytes + WindowCacheBytes + (tokens * (CacheBytesPerToken + ScoreBytesPerToken));

    /// <summary>Reads the plan from the folder's graph.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="prefillChunkSize">Tokens of a prompt that are run at once, at least 1. Default 128.</param>
    /// <exception cref="Gemma4ModelException">The graph cannot be read.</exception>
    public static ModelMemoryPlan Read(Gemma4ModelFolder folder, int prefillChunkSize = 128)
    {
        ArgumentNullException.ThrowIfNull(folder);
        ArgumentOutOfRangeException.ThrowIfLessThan(prefillChunkSize, 1);
        GraphFile decoder = GraphFile.Read(folder.ModelPath);
        GraphFile[] graphs = folder.EmbeddingPath is { } embedding ? [decoder, GraphFile.Read(embedding)] : [decoder];
        long stored = 0;
        long resident = 0;
        long widest = 0;
        long heads = 0;
        foreach (GraphFile graph in graphs)
        {
            // The same bytes may be named twice: as rows of the embedding table and as blocks of the output head.
            stored += graph.Weights.Values.DistinctBy(weight => (weight.Location ?? weight.Name, weight.Offset)).Sum(weight => weight.Bytes);
            var copied = new HashSet<string>(StringComparer.Ordinal);
            var widened = new Dictionary<string, GraphTensor>(StringComparer.Ordinal);
            foreach (GraphNode node in graph.Nodes)
            {
                if (node.Operator == "Cast" && graph.Weights.TryGetValue(node.Inputs[0], out GraphTensor? halves))
                {
                    // 16-bit weights are widened to floats when the graph is loaded.
                    widened[node.Outputs[0]] = halves with { ElementType = GraphTensor.Float };
                }

                heads = Math.Max(heads, node.Integers.GetValueOrDefault("num_heads"));
                if (!IsProduct(node.Operator) || node.Inputs.Count < 2
                    || !(graph.Weights.TryGetValue(node.Inputs[1], out GraphTensor? weight) || widened.TryGetValue(node.Inputs[1], out weight)))
                {
                    continue;
                }

                long outputs = node.Operator == "MatMulNBits" ? node.Integers.GetValueOrDefault("N") : weight.Dimensions.Max();
                widest = outputs < folder.VocabularySize ? Math.Max(widest, outputs) : widest;
                if (copied.Add(weight.Name))
                {
                    resident += weight.Bytes + (node.Operator == "MatMulNBits" ? Blocks(weight) * RepackedBlockExtra : 0);
                }
            }
        }

        (long perToken, long windows) = CacheBytes(decoder, folder.Decoder);
        return new ModelMemoryPlan
        {
            WeightBytes = stored,
            ResidentWeightBytes = resident,
            CacheBytesPerToken = perToken,
            WindowCacheBytes = windows,
            RoundsCaches = decoder.Inputs.Any(input => input.ElementType == GraphTensor.Int8 && folder.Decoder.PresentOf(input.Name) is not null),
            ScratchBytes = (prefillChunkSize * widest * LiveActivations * sizeof(float)) + (2L * folder.VocabularySize * sizeof(float)),
            ScoreBytesPerToken = prefillChunkSize * heads * sizeof(float),
        };
    }

    private static bool IsProduct(string operation) => operation is "MatMulNBits" or "MatMul" or "FusedMatMul" or "Gemm";

    private static long Blocks(GraphTensor weight) =>
        weight.Dimensions.Count == 3 ? weight.Dimensions[0] * weight.Dimensions[1] : 0;

    /// <summary>Of each token, and of windows once they are full. A cache that is not written in place is held twice.</summary>
    private static (long PerToken, long Windows) CacheBytes(GraphFile decoder, DecoderSettings names)
    {
        var wiring = new CacheWiring(decoder);
        bool keepsWindows = decoder.Inputs.Any(input => input.Name == DecoderGraph.SlidingMaskName);
        long bytes = 0;
        long windows = 0;
        long copies = 1;
        int index = 0;
        foreach (GraphTensor input in decoder.Inputs)
        {
            if (names.PresentOf(input.Name) is not { } present)
            {
                continue;
            }

            // [batch, heads, tokens, head size]; keys and values come in pairs.
            CacheShape shape = names.ShapeOf(index++ / 2);
            long heads = Fixed(input, 1) ?? shape.KeyValueHeads ?? 1;
            long size = Fixed(input, 3) ?? shape.HeadSize ?? 1;
            long row = (input with { Dimensions = [heads, size] }).Bytes;
            if (keepsWindows && wiring.WindowOf(input.Name) is { } window)
            {
                windows += row * new CacheWindow(window, CacheWindow.DefaultSlack).Capacity;
                continue;
            }

            bytes += row;
            copies = wiring.IsInPlace(input.Name, present) ? copies : 2;
        }

        return (bytes * copies, windows);
    }

    private static long? Fixed(GraphTensor input, int axis) =>
        axis < input.Dimensions.Count && input.Dimensions[axis] > 0 ? input.Dimensions[axis] : null;
}
