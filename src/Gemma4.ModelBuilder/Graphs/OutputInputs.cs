using Gemma4.ModelBuilder.Onnx;

namespace Gemma4.ModelBuilder.Graphs;

/// <summary>Inputs around the output head that not every graph has.</summary>
internal sealed class OutputInputs(OnnxGraph graph, WeightStore weights)
{
    /// <summary>The input that says how many of the last positions are scored.</summary>
    public const string LogitsToKeep = "num_logits_to_keep";

    private string? _from;

    /// <summary>The last positions of axis 1, as many as asked for; all when asked for 0.</summary>
    public string KeepAskedPositions(string name, string x)
    {
        _from ??= graph.Node("kept.from", "Reshape",
            [graph.Node("kept.negative", "Neg", [graph.Input(LogitsToKeep, OnnxType.Int64)]), weights.Integers("kept.shape", [1])]);
        return graph.Node(name, "Slice",
            [x, _from, weights.Integers("kept.to", [long.MaxValue]), weights.Integers("kept.axis", [1])]);
    }

    /// <summary>Multiplies by 1 when the flag tells rightly whether there is a past, else by 0.</summary>
    public void CheckBranch(string logits, string pastKey)
    {
        var flag = graph.Input("use_cache_branch", OnnxType.Bool, 1);
        var past = graph.Node("branch.past", "Shape", [pastKey], ("start", 2L), ("end", 3L));
        var hasPast = graph.Node("branch.has_past", "Cast", [past], ("to", (long)OnnxType.Bool));
        var right = graph.Node("branch.right", "Equal", [flag, hasPast]);
        graph.Node("logits", "Mul", [logits, graph.Node("branch.factor", "Cast", [right], ("to", (long)OnnxType.Float))]);
    }
}
