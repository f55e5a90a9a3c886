using Gemma4.ModelBuilder.Checkpoints;
using Gemma4.ModelBuilder.Onnx;

namespace Gemma4.ModelBuilder.Graphs;

/// <summary>The embedding as a graph of its own: token ids to scaled rows of the tables.</summary>
internal sealed class EmbeddingPart(
    TextConfig config, OnnxGraph graph, WeightStore weights, ModelBuildOptions options, GraphStyle style)
{
    // Placeholders that the tokenizer puts where an image or a sound belongs.
    private const long ImageToken = 258880;
    private const long AudioToken = 258881;
    private const long PadToken = 0;

    public void Build()
    {
        var ids = graph.Input("input_ids", OnnxType.Int64, "batch_size", "sequence_length");
        var table = weights.Matrix(
            "embed_tokens", config.VocabularySize, config.HiddenSize, options.EmbeddingPrecision ?? options.Precision);
        var perLayerIds = ids;
        if (style.TakesFeatures)
        {
            var image = Place("image", ids, ImageToken);
            var audio = Place("audio", ids, AudioToken);

            // A placeholder has no row of its own in any table; what stands there comes from the features.
            var any = graph.Node("placeholder", "Or", [image, audio]);
            perLayerIds = graph.Node("text_ids", "Where", [any, weights.Integers("pad", [PadToken], scalar: true), ids]);
        }

        var rows = Scale("embed", weights.LookUp("embed.rows", table, perLayerIds), MathF.Sqrt(config.HiddenSize));
        if (style.TakesFeatures)
        {
            rows = Scatter("image", rows);
            rows = Scatter("audio", rows);
        }

        graph.Node("inputs_embeds", "Identity", [rows]);
        graph.Output("inputs_embeds", OnnxType.Float, "batch_size", "sequence_length", config.HiddenSize);
        if (config.PerLayerInput > 0)
        {
            BuildPerLayer(perLayerIds);
        }
    }

    private void BuildPerLayer(string ids)
    {
        var (layers, width) = (config.Layers.Count, config.PerLayerInput);
        var table = weights.Matrix("embed_tokens_per_layer", config.VocabularySize, layers * width, options.Precision);
        var rows = Scale("embed_per_layer", weights.LookUp("embed_per_layer.rows", table, ids), MathF.Sqrt(width));
        if (style.PerLayerAxis)
        {
            graph.Node("per_layer_inputs", "Reshape", [rows, weights.Integers("per_layer.shape", [0, 0, layers, width])]);
            graph.Output("per_layer_inputs", OnnxType.Float, "batch_size", "sequence_length", layers, width);
            return;
        }

        graph.Node("per_layer_inputs", "Identity", [rows]);
        graph.Output("per_layer_inputs", OnnxType.Float, "batch_size", "sequence_length", layers * width);
    }

    /// <summary>Bool [B, S]: where <paramref name="token"/> stands.</summary>
    private string Place(string kind, string ids, long token) => graph.Node(
        kind + ".place", "Equal", [ids, weights.Integers(kind + ".token", [token], scalar: true)]);

    /// <summary>The n-th placeholder takes the n-th row of the features; a spare row keeps an empty input legal.</summary>
    private string Scatter(string kind, string rows)
    {
        var features = graph.Input(kind + "_features", OnnxType.Float, "num_" + kind + "_tokens", config.HiddenSize);
        var spare = weights.Floats("spare_row", new float[config.HiddenSize], 1, config.HiddenSize);
        var padded = graph.Node(kind + ".padded", "Concat", [features, spare], ("axis", 0L));              // [n + 1, D]
        var place = kind + ".place";
        var flags = graph.Node(kind + ".flags", "Cast", [place], ("to", (long)OnnxType.Int64));
        var flat = graph.Node(kind + ".flat", "Reshape", [flags, weights.Integers("flat", [-1])]);         // [B*S]
        var counts = graph.Node(kind + ".counts", "CumSum", [flat, weights.Integers("axis.0", [0], scalar: true)]);
        var shape = graph.Node(kind + ".shape", "Shape", [place]);
        var index = graph.Node(kind + ".index", "Reshape", [counts, shape]);                               // 1-based
        var one = weights.Integers("one", [1], scalar: true);
        index = graph.Node(kind + ".row", "Sub", [index, one]);

        // Before the first placeholder the index is -1, which is the spare row; the result is not used there.
        var taken = graph.Node(kind + ".taken", "Gather", [padded, index], ("axis", 0L));                  // [B, S, D]
        var mask = graph.Node(kind + ".mask", "Unsqueeze", [place, weights.Integers("axis.last", [-1])]);
        return graph.Node(kind + ".scattered", "Where", [mask, taken, rows]);
    }

    private string Scale(string name, string x, float factor) =>
        graph.Node(name + ".scaled", "Mul", [x, weights.Floats(name + ".factor", [factor])]);
}
