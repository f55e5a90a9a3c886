using System.Globalization;
using Gemma4.ModelBuilder.Checkpoints;
using Gemma4.ModelBuilder.Onnx;

namespace Gemma4.ModelBuilder.Graphs;

/// <summary>
/// Attention in ONNX Runtime's own operator, which turns queries and keys and appends to its cache in place. Shapes as in
/// <see cref="Gemma4Graph"/>.
/// </summary>
internal sealed class AppendingAttention
{
    private const string PerChannel = "PER_CHANNEL";

    private readonly TextConfig _config;
    private readonly OnnxGraph _graph;
    private readonly WeightStore _weights;
    private readonly ModelBuildOptions _options;
    private readonly int _contextLength;
    private readonly string _source;
    private readonly SequenceLengths _lengths;
    private readonly SequenceLengths? _slidingLengths; // of the windows; null where caches are full
    private readonly HashSet<int> _noTokens = [];
    private readonly List<(string Name, int Heads, int Size)> _unchanged = [];
    private readonly Dictionary<(bool IsFull, int HeadSize), (string Cosines, string Sines)> _rotary = [];

    /// <param name="config">The model.</param>
    /// <param name="graph">Receives the nodes.</param>
    /// <param name="weights">Receives the constants.</param>
    /// <param name="options">Precision of the caches.</param>
    /// <param name="contextLength">Positions of the rotary tables.</param>
    /// <param name="source">What the graph starts from, [B, S] or [B, S, D].</param>
    /// <param name="mask">int64 [B, T].</param>
    /// <param name="keepsWindows">Whether sliding layers have a mask of their own.</param>
    public AppendingAttention(
        TextConfig config, OnnxGraph graph, WeightStore weights, ModelBuildOptions options, int contextLength, string source,
        string mask, bool keepsWindows)
    {
        (_config, _graph, _weights, _options) = (config, graph, weights, options);
        (_contextLength, _source) = (contextLength, source);
        _lengths = SequenceLengths.Of(mask, graph, weights);
        if (keepsWindows)
        {
            var slidingMask = graph.Input("sliding_attention_mask", OnnxType.Int64, "batch_size", "sliding_length");
            _slidingLengths = SequenceLengths.Of(slidingMask, graph, weights, "sliding.");
            Positions = graph.Input("position_ids", OnnxType.Int64, "batch_size", "sequence_length");
        }
    }

    /// <summary>Outputs of the graph that layers give which borrow their cache, with its heads and head size.</summary>
    public IReadOnlyList<(string Name, int Heads, int Size)> Unchanged => _unchanged;

    /// <summary>int64 [B, S]; empty where caches are full. To be cut together with the hidden state.</summary>
    public string Positions { get; set; } = "";

    /// <summary>Writes present keys and values when the layer owns them, and the result [B, S, H*hd] as <paramref name="name"/>.</summary>
    /// <param name="name">Of the node.</param>
    /// <param name="layer">The layer.</param>
    /// <param name="query">[B, S, H*hd].</param>
    /// <param name="key">[B, S, K*hd]; empty where the layer borrows.</param>
    /// <param name="value">As <paramref name="key"/>.</param>
    /// <param name="past">Cached keys and values.</param>
    /// <param name="present">The same with the new ones, of the layer that owns them.</param>
    public void Attend(
        string name, LayerConfig layer, string query, string key, string value, string[] past, string[] present)
    {
        if (!layer.OwnsCache)
        {
            key = value = NoTokens(layer);
        }

        var (cosines, sines) = Rotary(layer);
        // A window's rows are counted from where it begins, so the angles of its layers come from the positions.
        string[] lengths = layer.IsFull || _slidingLengths is null
            ? [_lengths.LastToken, _lengths.Total, cosines, sines]
            : [_slidingLengths.LastToken, _slidingLengths.Total, cosines, sines, Positions];
        string[] inputs = [query, key, value, .. past, .. lengths];
        OnnxAttribute[] attributes =
        [
            ("num_heads", (long)_config.QueryHeads), ("kv_num_heads", (long)layer.KeyValueHeads),
            ("scale", 1f), ("do_rotary", 1L),
            ("local_window_size", layer.IsFull ? -1L : _config.SlidingWindow),
        ];
        if (!_options.RoundsCacheOf(layer))
        {
            _graph.Node(name, "GroupQueryAttention", OnnxGraph.Microsoft, inputs, layer.OwnsCache ? [name, .. present] : [name], attributes);
            return;
        }

        var scales = CacheScales.Of(layer, _config, _weights, _options.KeyValueClip);
        _graph.Node(name, "GroupQueryAttention", OnnxGraph.Microsoft,
            // No positions, bias or sinks.
            [.. inputs, "", "", "", scales.Keys, scales.Values],
            [name, .. layer.OwnsCache ? present : GiveBack(layer, present)],
            [.. attributes, ("k_quant_type", PerChannel), ("v_quant_type", PerChannel), ("kv_cache_bit_width", CacheScales.Bits)]);
    }

    /// <summary>
    /// The operator insists on giving a cache of 8 bits back even where it adds nothing. As outputs of the graph the copies
    /// can be bound to the buffers of the owner, and then nothing is copied.
    /// </summary>
    private IEnumerable<string> GiveBack(LayerConfig layer, string[] present)
    {
        foreach (var cache in present)
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"{cache}.unchanged.{layer.Index}");
            _graph.Output(name, OnnxType.Int8, "batch_size", layer.KeyValueHeads, "total_sequence_length", layer.HeadSize);
            _unchanged.Add((name, layer.KeyValueHeads, layer.HeadSize));
            yield return ScoredBranch.Inner(name);
        }
    }

    /// <summary>[B, 0, K*hd]: the operator takes an absent key for packed query, key and value.</summary>
    private string NoTokens(LayerConfig layer)
    {
        var width = layer.KeyValueHeads * layer.HeadSize;
        var name = $"no_tokens.{width}";
        if (_noTokens.Add(width))
        {
            var batch = _graph.Node(name + ".batch", "Shape", [_source], ("start", 0L), ("end", 1L));
            var shape = _graph.Node(name + ".shape", "Concat",
                [batch, _weights.Integers(name + ".tail", [0, width])], ("axis", 0L));
            _graph.Node(name, "ConstantOfShape", [shape]);
        }

        return name;
    }

    private (string Cosines, string Sines) Rotary(LayerConfig layer)
    {
        if (!_rotary.TryGetValue((layer.IsFull, layer.HeadSize), out var names))
        {
            var table = layer.IsFull
                ? RotaryTable.Compute(_contextLength, layer.HeadSize, _config.FullTheta, _config.FullRotaryShare)
                : RotaryTable.Compute(_contextLength, layer.HeadSize, _config.SlidingTheta, 1);
            var kind = (layer.IsFull ? "full" : "sliding") + $".{layer.HeadSize}";
            names = (_weights.Floats("cosines." + kind, table.Cosines, _contextLength, layer.HeadSize / 2),
                _weights.Floats("sines." + kind, table.Sines, _contextLength, layer.HeadSize / 2));
            _rotary.Add((layer.IsFull, layer.HeadSize), names);
        }

        return names;
    }
}
