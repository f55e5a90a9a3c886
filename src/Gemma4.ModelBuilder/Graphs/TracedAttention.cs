using Gemma4.ModelBuilder.Checkpoints;
using Gemma4.ModelBuilder.Onnx;

namespace Gemma4.ModelBuilder.Graphs;

/// <summary>
/// Attention in plain operators, as a trace of the reference implementation has it: rotary angles from position_ids,
/// masks from the positions, caches concatenated. Shapes as in <see cref="Gemma4Graph"/>; G = H / K.
/// </summary>
internal sealed class TracedAttention
{
    private const float Masked = -1e9f;

    private readonly TextConfig _config;
    private readonly OnnxGraph _graph;
    private readonly WeightStore _weights;
    private readonly string _positions;    // int64 [B, S]
    private readonly string _keyPositions; // int64 [T]
    private readonly string _padding;      // bool [B, 1, 1, T]
    private readonly Dictionary<bool, string> _masks = [];
    private readonly Dictionary<(bool IsFull, int HeadSize), (string Cosines, string Sines)> _rotary = [];

    /// <param name="config">The model.</param>
    /// <param name="graph">Receives the nodes.</param>
    /// <param name="weights">Receives the constants.</param>
    /// <param name="mask">int64 [B, T].</param>
    public TracedAttention(TextConfig config, OnnxGraph graph, WeightStore weights, string mask)
    {
        _config = config;
        _graph = graph;
        _weights = weights;
        _positions = graph.Input("position_ids", OnnxType.Int64, "batch_size", "sequence_length");
        var total = graph.Node("total", "Squeeze", [graph.Node("total.axis", "Shape", [mask], ("start", 1L), ("end", 2L))]);
        _keyPositions = graph.Node("key_positions", "Range",
            [Number("range.start", 0), total, Number("range.step", 1)]);
        var used = graph.Node("mask.used", "Cast", [mask], ("to", (long)OnnxType.Bool));
        _padding = graph.Node("mask.padding", "Unsqueeze", [used, weights.Integers("axes.1.2", [1, 2])]);
    }

    /// <summary>Writes present keys and values when the layer owns them, and the result [B, S, H*hd] as <paramref name="name"/>.</summary>
    public void Attend(
        string name, LayerConfig layer, string query, string key, string value, string[] past, string[] present)
    {
        var (heads, owners, size) = (_config.QueryHeads, layer.KeyValueHeads, layer.HeadSize);
        query = Turn(name + ".query", HeadsFirst(name + ".query", query, heads, size), layer);           // [B, H, S, hd]
        if (layer.OwnsCache)
        {
            key = Turn(name + ".key", HeadsFirst(name + ".key", key, owners, size), layer);
            value = HeadsFirst(name + ".value", value, owners, size);
            _graph.Node(present[0], "Concat", [past[0], key], ("axis", 2L));                              // [B, K, T, hd]
            _graph.Node(present[1], "Concat", [past[1], value], ("axis", 2L));
        }

        // The G query heads of one key head lie together, so they can be one longer list of queries.
        var grouped = Reshape(name + ".grouped", query, 0, owners, -1, size);                             // [B, K, G*S, hd]
        var keys = _graph.Node(name + ".keys", "Transpose", [present[0]], Swap());                        // [B, K, hd, T]
        var scores = _graph.Node(name + ".scores", "MatMul", [grouped, keys]);
        scores = Reshape(name + ".scores.heads", scores, 0, heads, -1, 0);                                // [B, H, S, T]
        scores = _graph.Node(name + ".masked", "Add", [scores, Mask(layer.IsFull)]);
        var shares = _graph.Node(name + ".shares", "Softmax", [scores], ("axis", -1L));
        shares = Reshape(name + ".shares.grouped", shares, 0, owners, -1, 0);
        var sums = _graph.Node(name + ".sums", "MatMul", [shares, present[1]]);                           // [B, K, G*S, hd]
        sums = Reshape(name + ".sums.heads", sums, 0, heads, -1, size);
        sums = _graph.Node(name + ".result", "Transpose", [sums], TokensFirst());                         // [B, S, H, hd]
        _graph.Node(name, "Reshape", [sums, Shape(0, 0, heads * size)]);
    }

    private string HeadsFirst(string name, string x, int heads, int size) => _graph.Node(
        name + ".heads", "Transpose", [Reshape(name + ".split", x, 0, 0, heads, size)], TokensFirst());

    /// <summary>Rotates the first half of each head against the second.</summary>
    private string Turn(string name, string x, LayerConfig layer)
    {
        var (cosines, sines) = Rotary(layer);
        _graph.Node(name + ".halves", "Split", "", [x], [name + ".first", name + ".second"],
            ("axis", -1L), ("num_outputs", 2L));
        var first = _graph.Node(name + ".first.turned", "Sub",
            [Product(name + ".first.cos", name + ".first", cosines), Product(name + ".first.sin", name + ".second", sines)]);
        var second = _graph.Node(name + ".second.turned", "Add",
            [Product(name + ".second.cos", name + ".second", cosines), Product(name + ".second.sin", name + ".first", sines)]);
        return _graph.Node(name + ".turned", "Concat", [first, second], ("axis", -1L));
    }

    private string Product(string name, string a, string b) => _graph.Node(name, "Mul", [a, b]);

    /// <summary>[B, 1, S, hd / 2] each.</summary>
    private (string Cosines, string Sines) Rotary(LayerConfig layer)
    {
        if (!_rotary.TryGetValue((layer.IsFull, layer.HeadSize), out var names))
        {
            var kind = (layer.IsFull ? "full" : "sliding") + $".{layer.HeadSize}";
            var frequencies = layer.IsFull
                ? RotaryTable.Frequencies(layer.HeadSize, _config.FullTheta, _config.FullRotaryShare)
                : RotaryTable.Frequencies(layer.HeadSize, _config.SlidingTheta, 1);
            var columns = _graph.Node("positions.float." + kind, "Cast",
                [_graph.Node("positions.column." + kind, "Unsqueeze", [_positions, _weights.Integers("axes.1.3", [1, 3])])],
                ("to", (long)OnnxType.Float));                                                            // [B, 1, S, 1]
            var angles = Product("angles." + kind, columns, _weights.Floats(
                "frequencies." + kind, [.. frequencies.Select(value => (float)value)], frequencies.Length));
            names = (_graph.Node("cosines." + kind, "Cos", [angles]), _graph.Node("sines." + kind, "Sin", [angles]));
            _rotary.Add((layer.IsFull, layer.HeadSize), names);
        }

        return names;
    }

    /// <summary>Float [B, 1, S, T]: 0 where the query may look, else very small.</summary>
    private string Mask(bool isFull)
    {
        if (_masks.TryGetValue(isFull, out var name))
        {
            return name;
        }

        name = isFull ? "mask.full" : "mask.sliding";
        var queries = _graph.Node(name + ".queries", "Unsqueeze", [_positions, _weights.Integers("axes.1.3", [1, 3])]);
        var seen = _graph.Node(name + ".causal", "LessOrEqual", [_keyPositions, queries]);                // [B, 1, S, T]
        seen = _graph.Node(name + ".unpadded", "And", [seen, _padding]);
        if (!isFull)
        {
            var start = _graph.Node(name + ".start", "Sub", [queries, Number("window", _config.SlidingWindow)]);
            seen = _graph.Node(name + ".window", "And",
                [seen, _graph.Node(name + ".near", "Greater", [_keyPositions, start])]);
        }

        _graph.Node(name, "Where", [seen, _weights.Floats("mask.seen", [0]), _weights.Floats("mask.unseen", [Masked])]);
        _masks.Add(isFull, name);
        return name;
    }

    private string Number(string name, long value) => _weights.Integers(name, [value], scalar: true);

    private string Reshape(string name, string x, params long[] shape) => _graph.Node(name, "Reshape", [x, Shape(shape)]);

    private string Shape(params long[] shape) => _weights.Integers("shape." + string.Join(".", shape), shape);

    private static OnnxAttribute TokensFirst() => ("perm", [0L, 2L, 1L, 3L]);

    private static OnnxAttribute Swap() => ("perm", [0L, 1L, 3L, 2L]);
}
