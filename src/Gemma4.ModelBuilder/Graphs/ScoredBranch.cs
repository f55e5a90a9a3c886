using Gemma4.ModelBuilder.Onnx;

namespace Gemma4.ModelBuilder.Graphs;

/// <summary>
/// Nodes that run only where positions are scored: a prompt is read in pieces, and of all but the last one nothing is
/// wanted but the caches. Opened by the constructor; the input num_logits_to_keep decides, and fewer than 0 means none.
/// </summary>
internal sealed class ScoredBranch
{
    // By this the engine knows that it may ask for fewer than 0 positions.
    private const string Property = "gemma4.skips_unscored";

    private readonly OnnxGraph _graph;
    private readonly WeightStore _weights;
    private readonly List<(string Name, OnnxType Type, long[] Nothing)> _outputs = [];

    /// <param name="graph">Receives the nodes.</param>
    /// <param name="weights">Receives the constants.</param>
    public ScoredBranch(OnnxGraph graph, WeightStore weights)
    {
        (_graph, _weights) = (graph, weights);
        graph.Property(Property, "true");
        graph.OpenBranch();
    }

    /// <summary>What an output of the graph is called inside.</summary>
    public static string Inner(string output) => output + ".scored";

    /// <summary>Names an output, computed inside under its inner name, and what it is where nothing is scored.</summary>
    public void Gives(string output, OnnxType type, long[] nothing) => _outputs.Add((output, type, nothing));

    public void Close()
    {
        var scored = _graph.CloseBranch("scored", [.. _outputs.Select(output => (Inner(output.Name), output.Type))]);
        _graph.OpenBranch();
        foreach (var (name, type, shape) in _outputs)
        {
            var empty = _graph.Node(name + ".empty", "ConstantOfShape", [_weights.Integers(name + ".empty.shape", shape)]);
            _graph.Node(name + ".unscored", "Cast", [empty], ("to", (long)type));
        }

        var unscored = _graph.CloseBranch("unscored", [.. _outputs.Select(output => (output.Name + ".unscored", output.Type))]);
        var condition = _graph.Node("is_scored", "GreaterOrEqual",
            [OutputInputs.LogitsToKeep, _weights.Integers("zero", [0], scalar: true)]);
        _graph.Node("scored", "If", "", [condition], [.. _outputs.Select(output => output.Name)],
            ("then_branch", scored), ("else_branch", unscored));
    }
}
