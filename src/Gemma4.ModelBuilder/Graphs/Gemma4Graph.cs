using System.Globalization;
using Gemma4.ModelBuilder.Checkpoints;
using Gemma4.ModelBuilder.Onnx;

namespace Gemma4.ModelBuilder.Graphs;

/// <summary>
/// The forward pass of the Gemma 4 text model as an ONNX graph.
/// Shapes: B batch, S new tokens, T tokens in all, D hidden, L layers, P per-layer input, H query heads, K key/value
/// heads, hd head size.
/// </summary>
internal sealed class Gemma4Graph
{
    private readonly TextConfig _config;
    private readonly OnnxGraph _graph;
    private readonly WeightStore _weights;
    private readonly ModelBuildOptions _options;
    private readonly int _contextLength;

    private readonly GraphPart _part;
    private readonly GraphStyle _style;
    private readonly OutputInputs _output;

    private string _source = "";         // int64 [B, S] or, in a decoder of its own, float [B, S, D]
    private TracedAttention? _traced;
    private AppendingAttention? _appending;
    private ScoredBranch? _scored;       // what is computed for scored positions alone; null where some always are
    private string _hidden = "";         // [B, S, D]; only the scored positions once no later layer writes a cache
    private string _perLayer = "";       // [B, S, L, P], cut together with the hidden state
    private StoredMatrix? _embedding;    // [vocabulary, D], also the output head

    public Gemma4Graph(
        TextConfig config, OnnxGraph graph, WeightStore weights, ModelBuildOptions options, int contextLength,
        GraphPart part, GraphStyle style)
    {
        (_part, _style) = (part, style);
        _config = config;
        _graph = graph;
        _weights = weights;
        _options = options;
        _contextLength = contextLength;
        _output = new OutputInputs(graph, weights);
    }

    public void Build()
    {
        DeclareInputs();
        Embed();
        if (_config.PerLayerInput > 0)
        {
            EmbedPerLayer();
        }

        var lastOwner = _config.CacheOwners.Last();
        foreach (var layer in _config.Layers)
        {
            var name = $"layers.{layer.Index}";
            Attend(name, layer);
            FeedForward(name, layer);
            if (_config.PerLayerInput > 0)
            {
                AddPerLayerInput(name, layer);
            }

            _hidden = Multiply(name + ".scaled", _hidden, _weights.Vector(name + ".layer_scalar", 1));
            if (layer == lastOwner && _style is { TracedAttention: false, SkipsUnscored: false })
            {
                KeepScoredPositions();
            }
        }

        Score();
    }

    private void DeclareInputs()
    {
        _source = _part == GraphPart.Whole
            ? _graph.Input("input_ids", OnnxType.Int64, "batch_size", "sequence_length")
            : _graph.Input("inputs_embeds", OnnxType.Float, "batch_size", "sequence_length", _config.HiddenSize);
        var mask = _graph.Input("attention_mask", OnnxType.Int64, "batch_size", "total_sequence_length");
        var cache = 0;
        foreach (var owner in _config.CacheOwners)
        {
            DeclareCache(cache++, owner);
        }

        if (_style.DecoderTakesIds && _part == GraphPart.Decoder)
        {
            _graph.Input("input_ids", OnnxType.Int64, "batch_size", "sequence_length");
        }

        if (_style.TracedAttention)
        {
            _traced = new TracedAttention(_config, _graph, _weights, mask);
            return;
        }

        _appending = new AppendingAttention(
            _config, _graph, _weights, _options, _contextLength, _source, mask, KeepsWindows);
    }

    private bool KeepsWindows => _style.WindowedCaches && _config.CacheOwners.Any(layer => !layer.IsFull);

    private void DeclareCache(int cache, LayerConfig owner)
    {
        var (past, total) = KeepsWindows && !owner.IsFull
            ? ("past_sliding_length", "sliding_length")
            : ("past_sequence_length", "total_sequence_length");
        var type = _options.RoundsCacheOf(owner) ? OnnxType.Int8 : OnnxType.Float;
        foreach (var part in new[] { "key", "value" })
        {
            _graph.Input(PastName(cache, part), type, "batch_size", owner.KeyValueHeads, past, owner.HeadSize);
            _graph.Output(PresentName(cache, part), type, "batch_size", owner.KeyValueHeads, total, owner.HeadSize);
        }
    }

    private void Embed()
    {
        _embedding = _weights.Matrix("embed_tokens", _config.VocabularySize, _config.HiddenSize,
            _options.HeadPrecision);
        if (_part == GraphPart.Decoder)
        {
            _hidden = _source;
            return;
        }

        var rows = _weights.LookUp("embed", _embedding, _source);                                           // [B, S, D]
        _hidden = Scale("embed.scaled", rows, MathF.Sqrt(_config.HiddenSize));
    }

    private void EmbedPerLayer()
    {
        var (layers, width) = (_config.Layers.Count, _config.PerLayerInput);
        var split = _weights.Integers("per_layer.shape", [0, 0, layers, width]);

        var projected = Project("per_layer_model_projection", _hidden, layers * width, _config.HiddenSize);
        projected = Scale("per_layer_model_projection.scaled", projected, 1 / MathF.Sqrt(_config.HiddenSize));
        projected = _graph.Node("per_layer_model_projection.split", "Reshape", [projected, split]);       // [B, S, L, P]
        projected = Norm("per_layer_projection_norm", projected, width);

        var rows = _graph.Node("embed_per_layer.split", "Reshape", [PerLayerRows(layers, width), split]);  // [B, S, L, P]

        var sum = _graph.Node("per_layer.sum", "Add", [projected, rows]);
        _perLayer = Scale("per_layer", sum, 1 / MathF.Sqrt(2));
    }

    /// <summary>[B, S, L*P], or [B, S, L, P] where another graph gives them so.</summary>
    private string PerLayerRows(int layers, int width)
    {
        if (_part == GraphPart.Decoder)
        {
            return _style.PerLayerAxis
                ? _graph.Input("per_layer_inputs", OnnxType.Float, "batch_size", "sequence_length", layers, width)
                : _graph.Input("per_layer_inputs", OnnxType.Float, "batch_size", "sequence_length", layers * width);
        }

        var table = _weights.Matrix(
            "embed_tokens_per_layer", _config.VocabularySize, layers * width, _options.Precision);
        var rows = _weights.LookUp("embed_per_layer", table, _source);
        return Scale("embed_per_layer.scaled", rows, MathF.Sqrt(width));
    }

    private void Attend(string name, LayerConfig layer)
    {
        var attention = name + ".self_attn";
        var (headSize, queryWidth) = (layer.HeadSize, _config.QueryHeads * layer.HeadSize);
        var x = Norm(name + ".input_layernorm", _hidden, _config.HiddenSize);

        var query = Project(attention + ".q_proj", x, queryWidth, _config.HiddenSize);                    // [B, S, H*hd]
        query = NormHeads(attention + ".q_norm", query, _config.QueryHeads, headSize,
            _weights.Vector(attention + ".q_norm.weight", headSize));
        var (key, value) = layer.OwnsCache ? KeyAndValue(attention, x, layer) : ("", "");

        var cache = CacheIndex(layer.Donor);
        // A borrowing layer reads what its donor has just written, so the present cache serves as its past.
        string[] present = [PresentName(cache, "key"), PresentName(cache, "value")];
        string[] past = layer.OwnsCache ? [PastName(cache, "key"), PastName(cache, "value")] : present;
        _traced?.Attend(attention, layer, query, key, value, past, present);
        _appending?.Attend(attention, layer, query, key, value, past, present);
        var attended = attention;
        if (_style.SkipsUnscored && layer == _config.CacheOwners.Last())
        {
            // All caches are written: the rest is for scored positions alone.
            _scored = new ScoredBranch(_graph, _weights);
            KeepScoredPositions();
            attended = KeepScored("last_attention", attention);                                           // [B, 1, H*hd]
        }

        var output = Project(attention + ".o_proj", attended, _config.HiddenSize, queryWidth);           // [B, S, D]
        AddNormed(name + ".post_attention_layernorm", output);
    }

    private (string Key, string Value) KeyAndValue(string attention, string x, LayerConfig layer)
    {
        var (heads, headSize) = (layer.KeyValueHeads, layer.HeadSize);
        var raw = Project(attention + ".k_proj", x, heads * headSize, _config.HiddenSize);                // [B, S, K*hd]
        var value = layer.HasValueProjection
            ? Project(attention + ".v_proj", x, heads * headSize, _config.HiddenSize)
            : raw;
        var key = NormHeads(attention + ".k_norm", raw, heads, headSize,
            _weights.Vector(attention + ".k_norm.weight", headSize));

        // Values are normalised without a learned weight and never rotated.
        var ones = new float[headSize];
        Array.Fill(ones, 1f);
        value = NormHeads(attention + ".v_norm", value, heads, headSize,
            _weights.Floats($"ones.{headSize}", ones, headSize));
        return (key, value);
    }

    private void FeedForward(string name, LayerConfig layer)
    {
        var mlp = name + ".mlp";
        var x = Norm(name + ".pre_feedforward_layernorm", _hidden, _config.HiddenSize);
        var gate = Project(mlp + ".gate_proj", x, layer.FeedForward, _config.HiddenSize);                 // [B, S, FF]
        gate = Gelu(mlp + ".gate", gate);
        var up = Project(mlp + ".up_proj", x, layer.FeedForward, _config.HiddenSize);
        var inner = Multiply(mlp + ".gated", gate, up);
        var down = Project(mlp + ".down_proj", inner, _config.HiddenSize, layer.FeedForward);             // [B, S, D]
        if (_config.Experts is not null)
        {
            down = AddExperts(name, down);
        }

        AddNormed(name + ".post_feedforward_layernorm", down);
    }

    /// <summary>The dense branch and the experts, each normalised on its own, added up.</summary>
    private string AddExperts(string name, string dense)
    {
        dense = Norm(name + ".post_feedforward_layernorm_1", dense, _config.HiddenSize);
        var x = Norm(name + ".pre_feedforward_layernorm_2", _hidden, _config.HiddenSize);
        var experts = new ExpertMixture(_config, _graph, _weights, _options.Precision).Build(name, _hidden, x);
        experts = Norm(name + ".post_feedforward_layernorm_2", experts, _config.HiddenSize);
        return _graph.Node(name + ".feedforward", "Add", [dense, experts]);                               // [B, S, D]
    }

    private void AddPerLayerInput(string name, LayerConfig layer)
    {
        var width = _config.PerLayerInput;
        var own = _graph.Node(name + ".per_layer_input", "Gather",
            [_perLayer, _weights.Integers(name + ".index", [layer.Index], scalar: true)], ("axis", 2L));  // [B, S, P]
        var gate = Project(name + ".per_layer_input_gate", _hidden, width, _config.HiddenSize);
        gate = Multiply(name + ".per_layer_gated", Gelu(name + ".per_layer_gate", gate), own);
        var output = Project(name + ".per_layer_projection", gate, _config.HiddenSize, width);            // [B, S, D]
        AddNormed(name + ".post_per_layer_input_norm", output);
    }

    /// <summary>
    /// Only the last position is scored, or the last ones that the caller asks for. Layers that borrow their keys and
    /// values write no cache, so from here on the earlier positions of a prompt would be computed for nothing.
    /// </summary>
    private void KeepScoredPositions()
    {
        _hidden = KeepScored("last_hidden", _hidden);                                                     // [B, 1, D]
        if (_config.PerLayerInput > 0)
        {
            _perLayer = KeepScored("last_per_layer", _perLayer);                                          // [B, 1, L, P]
        }

        if (KeepsWindows)
        {
            _appending!.Positions = KeepScored("last_positions", _appending.Positions);                   // [B, 1]
        }
    }

    private string KeepScored(string name, string x) => _style.TakesLogitsToKeep
        ? _output.KeepAskedPositions(name, x)
        : _graph.Node(name, "Gather", [x, _weights.Integers("last_position", [-1])], ("axis", 1L));

    private void Score()
    {
        if (_style is { TakesLogitsToKeep: true, TracedAttention: true })
        {
            _hidden = _output.KeepAskedPositions("kept", _hidden);
        }

        var x = Norm("norm", _hidden, _config.HiddenSize);
        var last = _style.TakesCacheBranch ? "logits.unchecked" : _scored is null ? "logits" : ScoredBranch.Inner("logits");
        var name = _config.LogitCap is null ? last : "head";
        var logits = _weights.Multiply(name, x, Head());                                             // [B, 1, V]
        if (_config.LogitCap is { } cap)
        {
            var limit = _weights.Floats("logit_cap", [cap]);
            logits = _graph.Node("head.scaled", "Div", [logits, limit]);
            logits = _graph.Node("head.capped", "Tanh", [logits]);
            logits = _graph.Node(last, "Mul", [logits, limit]);
        }

        if (_style.TakesCacheBranch)
        {
            _output.CheckBranch(logits, PastName(0, "key"));
        }

        _graph.Output("logits", OnnxType.Float, "batch_size",
            _style.TracedAttention || _style.TakesLogitsToKeep ? "scored_length" : 1, _config.VocabularySize);
        if (_scored is not null)
        {
            _scored.Gives("logits", OnnxType.Float, [1, 0, _config.VocabularySize]);
            foreach (var (cache, heads, size) in _appending!.Unchanged)
            {
                _scored.Gives(cache, OnnxType.Int8, [1, heads, 0, size]);
            }

            _scored.Close();
        }
    }

    private StoredMatrix Head() => _config.HasOwnHead
        ? _weights.Matrix("lm_head", _config.VocabularySize, _config.HiddenSize,
            _options.HeadPrecision)
        : _embedding!;

    private int CacheIndex(int owner) => _config.CacheOwners.Count(layer => layer.Index < owner);

    private string Project(string name, string x, int rows, int columns) =>
        _weights.Multiply(name, x, _weights.Matrix(name, rows, columns, _options.Precision));

    private void AddNormed(string norm, string branch) => _hidden = _graph.Node(
        norm + ".residual", "Add", [_hidden, Norm(norm, branch, _config.HiddenSize)]);

    private string Norm(string name, string x, int size) =>
        Norm(name, x, _weights.Vector(name + ".weight", size));

    private string Norm(string name, string x, string weight) => _graph.Node(
        name, "SimplifiedLayerNormalization", [x, weight],
        ("axis", -1L), ("epsilon", _config.NormEpsilon), ("stash_type", 1L));

    /// <summary>[B, S, heads*hd] -> each head normalised on its own -> [B, S, heads*hd].</summary>
    private string NormHeads(string name, string x, int heads, int headSize, string weight)
    {
        var split = _weights.Integers($"heads.{heads}.{headSize}", [0, 0, heads, headSize]);
        var joined = _weights.Integers($"heads.{heads * headSize}", [0, 0, heads * headSize]);
        x = _graph.Node(name + ".split", "Reshape", [x, split]);
        x = Norm(name, x, weight);
        return _graph.Node(name + ".joined", "Reshape", [x, joined]);
    }

    private string Gelu(string name, string x) => _graph.Node(name, "Gelu", [x], ("approximate", "tanh"));

    private string Multiply(string name, string a, string b) => _graph.Node(name, "Mul", [a, b]);

    private string Scale(string name, string x, float factor) =>
        Multiply(name, x, _weights.Floats(name + ".factor", [factor]));

    private static string PastName(int cache, string part) =>
        string.Create(CultureInfo.InvariantCulture, $"past_key_values.{cache}.{part}");

    private static string PresentName(int cache, string part) =>
        string.Create(CultureInfo.InvariantCulture, $"present.{cache}.{part}");
}
