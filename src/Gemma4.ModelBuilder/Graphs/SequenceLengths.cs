using Gemma4.ModelBuilder.Onnx;

namespace Gemma4.ModelBuilder.Graphs;

/// <summary>What the attention operator takes of a mask.</summary>
/// <param name="LastToken">int32 [B]: ones of each row, less 1.</param>
/// <param name="Total">int32 scalar: the mask's width.</param>
internal sealed record SequenceLengths(string LastToken, string Total)
{
    /// <param name="mask">int64 [B, T].</param>
    /// <param name="graph">Receives the nodes.</param>
    /// <param name="weights">Receives the constants.</param>
    /// <param name="prefix">Begins the names of the nodes.</param>
    public static SequenceLengths Of(string mask, OnnxGraph graph, WeightStore weights, string prefix = "")
    {
        var one = weights.Integers("one", [1]);
        var count = graph.Node(prefix + "mask.count", "ReduceSum", [mask, one], ("keepdims", 0L));        // [B]
        var last = graph.Node(prefix + "mask.last", "Sub", [count, one]);
        last = graph.Node(prefix + "last_token", "Cast", [last], ("to", (long)OnnxType.Int32));
        var length = graph.Node(prefix + "mask.length", "Shape", [mask], ("start", 1L), ("end", 2L));     // [1]
        var scalar = graph.Node(prefix + "mask.total", "Squeeze", [length]);
        return new(last, graph.Node(prefix + "total_length", "Cast", [scalar], ("to", (long)OnnxType.Int32)));
    }
}
