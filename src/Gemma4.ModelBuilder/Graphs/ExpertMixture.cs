using System.Globalization;
using Gemma4.ModelBuilder.Checkpoints;
using Gemma4.ModelBuilder.Onnx;

namespace Gemma4.ModelBuilder.Graphs;

/// <summary>
/// The experts of one layer, of plain operators. The tokens are sorted by the expert they go to and split into one chunk
/// an expert. A product over a chunk of no rows returns at once, so only the chosen experts are computed and read, while
/// every weight stays a constant that the runtime can pack at load.
/// Shapes: N tokens (batch and sequence joined), D hidden, E experts, K chosen a token, F an expert's width.
/// </summary>
internal sealed class ExpertMixture(TextConfig config, OnnxGraph graph, WeightStore weights, ModelPrecision precision)
{
    private readonly ExpertConfig _experts = config.Experts!;

    /// <summary>Adds the router and the experts; the result has the shape of the residual stream.</summary>
    /// <param name="layer">Name of the layer.</param>
    /// <param name="residual">[B, S, D] before any feed-forward norm: what the router reads.</param>
    /// <param name="input">[B, S, D] after the experts' own norm.</param>
    public string Build(string layer, string residual, string input)
    {
        var hidden = config.HiddenSize;
        var flat = weights.Integers("experts.flat", [-1, hidden]);
        var name = layer + ".experts";
        var tokens = graph.Node(name + ".tokens", "Reshape", [input, flat]);                              // [N, D]
        var (chosen, shares) = Route(layer, graph.Node(layer + ".router.tokens", "Reshape", [residual, flat]));

        var sorted = Sort(name, chosen);
        var rows = graph.Node(name + ".sorted", "Gather", [tokens, sorted.Tokens], ("axis", 0L));         // [N*K, D]
        var outputs = Compute(name, rows, sorted.Counts);
        var unsorted = graph.Node(name + ".unsorted", "Gather", [outputs, sorted.Back], ("axis", 0L));    // [N*K, D]

        var perToken = graph.Node(name + ".by_token", "Reshape",
            [unsorted, weights.Integers("experts.by_token", [-1, _experts.Chosen, hidden])]);             // [N, K, D]
        var mixed = graph.Node(name + ".mixed", "MatMul", [shares, perToken]);                            // [N, 1, D]
        var shape = graph.Node(name + ".shape", "Shape", [residual]);
        return graph.Node(name, "Reshape", [mixed, shape]);
    }

    /// <summary>The experts of each token, int64 [N, K], and their shares [N, 1, K].</summary>
    private (string Chosen, string Shares) Route(string layer, string tokens)
    {
        var router = layer + ".router";
        // A weightless norm, the learned scale and 1/sqrt(D) are one norm with a weight.
        var weight = weights.ScaledVector(router + ".scale", config.HiddenSize, 1 / MathF.Sqrt(config.HiddenSize));
        var x = graph.Node(router + ".norm", "SimplifiedLayerNormalization", [tokens, weight],
            ("axis", -1L), ("epsilon", config.NormEpsilon), ("stash_type", 1L));
        // A wrong choice costs more than the few bytes saved: the router stays in floats.
        var scores = weights.Multiply(router + ".scores", x, weights.Matrix(
            router + ".proj", _experts.Count, config.HiddenSize, ModelPrecision.Float32));                // [N, E]
        var (best, chosen) = (router + ".best", router + ".chosen");
        graph.Node(router + ".choice", "TopK", "", [scores, weights.Integers("experts.chosen", [_experts.Chosen])],
            [best, chosen], ("axis", -1L), ("largest", 1L), ("sorted", 1L));

        // The softmax of the chosen scores is the softmax of all scores, divided by the sum over the chosen.
        var shares = graph.Node(router + ".shares", "Softmax", [best], ("axis", -1L));
        var scales = graph.Node(router + ".own_scale", "Gather",
            [weights.Vector(router + ".per_expert_scale", _experts.Count), chosen], ("axis", 0L));
        shares = graph.Node(router + ".scaled", "Mul", [shares, scales]);
        return (chosen, graph.Node(router + ".shares_by_token", "Reshape",
            [shares, weights.Integers("experts.shares", [-1, 1, _experts.Chosen])]));
    }

    /// <summary>
    /// The order of the N*K pairs by expert. Tokens: the token of each pair in that order; Back: the place of each pair in
    /// that order; Counts: pairs of each expert, [E].
    /// </summary>
    private (string Tokens, string Back, string Counts) Sort(string name, string chosen)
    {
        var pairs = graph.Node(name + ".pairs", "Reshape", [chosen, weights.Integers("experts.pairs", [-1])]);
        var count = graph.Node(name + ".pair_count", "Shape", [pairs]);
        var order = Order(name + ".order", pairs, count);
        var tokens = graph.Node(name + ".pair_token", "Div",
            [order, weights.Integers("experts.pairs_a_token", [_experts.Chosen], scalar: true)]);
        var back = Order(name + ".back", order, count);

        var column = graph.Node(name + ".pair_column", "Reshape", [pairs, weights.Integers("experts.column", [-1, 1])]);
        var all = weights.Integers("experts.all", [.. Enumerable.Range(0, _experts.Count).Select(e => (long)e)]);
        var hits = graph.Node(name + ".hits", "Equal", [column, all]);                                    // [N*K, E]
        hits = graph.Node(name + ".hit_numbers", "Cast", [hits], ("to", (long)OnnxType.Int64));
        var counts = graph.Node(name + ".counts", "ReduceSum",
            [hits, weights.Integers("experts.first_axis", [0])], ("keepdims", 0L));
        return (tokens, back, counts);
    }

    /// <summary>The indices that sort the values upwards; equal ones keep their order.</summary>
    private string Order(string name, string values, string count)
    {
        graph.Node(name + ".sort", "TopK", "", [values, count], [name + ".values", name],
            ("axis", 0L), ("largest", 0L), ("sorted", 1L));
        return name;
    }

    /// <summary>[N*K, D] sorted by expert -> the outputs of the experts in the same order.</summary>
    private string Compute(string name, string rows, string counts)
    {
        var (hidden, width) = (config.HiddenSize, _experts.FeedForward);
        var both = Project(name + ".gate_up_proj", rows, counts, 2 * width, hidden);                      // [N*K, 2F]
        var (gate, up) = (name + ".gate", name + ".up");
        graph.Node(name + ".halves", "Split", "", [both, weights.Integers("experts.halves", [width, width])],
            [gate, up], ("axis", 1L));
        gate = graph.Node(name + ".activated", "Gelu", [gate], ("approximate", "tanh"));
        var inner = graph.Node(name + ".gated", "Mul", [gate, up]);
        return Project(name + ".down_proj", inner, counts, hidden, width);                                // [N*K, D]
    }

    private string Project(string name, string rows, string counts, int outputs, int inputs)
    {
        var matrices = weights.Stack(name, _experts.Count, outputs, inputs, precision);
        string[] chunks = [.. Enumerable.Range(0, _experts.Count).Select(e => Numbered(name + ".in", e))];
        graph.Node(name + ".split", "Split", "", [rows, counts], chunks, ("axis", 0L));
        string[] products = [.. matrices.Select((matrix, e) =>
            weights.Multiply(Numbered(name + ".out", e), chunks[e], matrix))];
        return graph.Node(name, "Concat", products, ("axis", 0L));
    }

    private static string Numbered(string name, int expert) =>
        string.Create(CultureInfo.InvariantCulture, $"{name}.{expert}");
}
