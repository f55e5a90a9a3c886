using System.Globalization;

namespace Gemma4.ModelBuilder.Checkpoints;

/// <summary>The text part of a checkpoint's config.json.</summary>
internal sealed class TextConfig
{
    private static readonly string[] OuterTypes = ["gemma4", "gemma4_unified"];
    private static readonly string[] TextTypes = ["gemma4_text", "gemma4_unified_text"];

    public required int VocabularySize { get; init; }

    public required int HiddenSize { get; init; }

    public required int QueryHeads { get; init; }

    public required int SlidingWindow { get; init; }

    public required int MaxPositions { get; init; }

    public required float NormEpsilon { get; init; }

    /// <summary>Null: logits are not capped.</summary>
    public required float? LogitCap { get; init; }

    /// <summary>Width of one layer's own input; 0 when the model has none.</summary>
    public required int PerLayerInput { get; init; }

    /// <summary>The experts beside the dense feed-forward; null when the model has none.</summary>
    public required ExpertConfig? Experts { get; init; }

    /// <summary>The output head is a matrix of its own, lm_head, not the token embedding.</summary>
    public required bool HasOwnHead { get; init; }

    public required double SlidingTheta { get; init; }

    public required double FullTheta { get; init; }

    /// <summary>Share of the pairs that turn on full layers.</summary>
    public required double FullRotaryShare { get; init; }

    public required IReadOnlyList<LayerConfig> Layers { get; init; }

    public IEnumerable<LayerConfig> CacheOwners => Layers.Where(layer => layer.OwnsCache);

    public static TextConfig Read(string path)
    {
        using var document = JsonFile.Parse(path);
        var root = document.RootElement;
        var reader = new ConfigReader(path, root);
        var type = reader.Text("model_type");
        var tied = reader.Flag("tie_word_embeddings", whenAbsent: true);
        if (OuterTypes.Contains(type))
        {
            reader = reader.Child("text_config");
            type = reader.Text("model_type");
        }

        if (!TextTypes.Contains(type))
        {
            throw new NotSupportedException(
                $"'{path}' has the model_type '{type}'. The builder makes {string.Join(" and ", TextTypes)} models, "
                + $"also inside {string.Join(" or ", OuterTypes)}.");
        }

        RefuseUnsupported(reader);
        return Read(reader, hasOwnHead: !reader.Flag("tie_word_embeddings", whenAbsent: tied));
    }

    private static void RefuseUnsupported(ConfigReader reader)
    {
        if (reader.Flag("attention_bias"))
        {
            throw reader.Unsupported("attention_bias", "projections with bias are not built",
                "Use a published Gemma 4 checkpoint.");
        }

        if (reader.OptionalText("hidden_activation") is { } activation && activation != "gelu_pytorch_tanh")
        {
            throw reader.Unsupported("hidden_activation", $"'{activation}' is not gelu_pytorch_tanh",
                "Use a published Gemma 4 checkpoint.");
        }
    }

    private static TextConfig Read(ConfigReader reader, bool hasOwnHead)
    {
        var sliding = reader.Child("rope_parameters").Child("sliding_attention");
        var full = reader.Child("rope_parameters").Child("full_attention");
        var rope = (sliding.OptionalText("rope_type") ?? "default", full.OptionalText("rope_type") ?? "default");
        if (rope.Item1 != "default" || rope.Item2 is not ("proportional" or "default"))
        {
            throw reader.Unsupported("rope_parameters", $"rope types '{rope.Item1}' and '{rope.Item2}' are not built",
                "Gemma 4 has 'default' on sliding and 'proportional' on full layers.");
        }

        return new TextConfig
        {
            VocabularySize = reader.Size("vocab_size"),
            HiddenSize = reader.Size("hidden_size"),
            QueryHeads = reader.Size("num_attention_heads"),
            SlidingWindow = reader.Size("sliding_window"),
            MaxPositions = reader.Size("max_position_embeddings"),
            NormEpsilon = (float)(reader.OptionalNumber("rms_norm_eps") ?? 1e-6),
            LogitCap = (float?)reader.OptionalNumber("final_logit_softcapping"),
            PerLayerInput = reader.OptionalSize("hidden_size_per_layer_input") ?? 0,
            Experts = ExpertConfig.Read(reader),
            HasOwnHead = hasOwnHead,
            SlidingTheta = sliding.Number("rope_theta"),
            FullTheta = full.Number("rope_theta"),
            FullRotaryShare = rope.Item2 == "proportional" ? full.OptionalNumber("partial_rotary_factor") ?? 1 : 1,
            Layers = ReadLayers(reader),
        };
    }

    private static LayerConfig[] ReadLayers(ConfigReader reader)
    {
        var types = reader.Texts("layer_types");
        var count = reader.Size("num_hidden_layers");
        if (types.Length != count || types.Any(t => t is not ("sliding_attention" or "full_attention")))
        {
            throw reader.Wrong("layer_types", $"must hold {count} entries, sliding_attention or full_attention");
        }

        var shared = reader.OptionalSize("num_kv_shared_layers") ?? 0;
        if (shared >= count)
        {
            throw reader.Wrong("num_kv_shared_layers", $"is {shared}, but only {count - 1} of {count} layers can borrow");
        }

        var keysAsValues = reader.Flag("attention_k_eq_v");
        var doubleWide = reader.Flag("use_double_wide_mlp");
        var headSize = reader.Size("head_dim");
        var keyValueHeads = reader.Size("num_key_value_heads");
        var fullHeadSize = reader.OptionalSize("global_head_dim") ?? headSize;
        var fullKeyValueHeads = reader.OptionalSize("num_global_key_value_heads") ?? keyValueHeads;
        var feedForward = reader.Size("intermediate_size");
        var layers = new LayerConfig[count];
        for (var i = 0; i < count; i++)
        {
            var isFull = types[i] == "full_attention";
            var isShared = i >= count - shared;
            var donor = isShared ? Array.LastIndexOf(types, types[i], count - shared - 1) : i;
            if (donor < 0)
            {
                throw reader.Wrong("num_kv_shared_layers", $"leaves layer {i} no {types[i]} layer to read from");
            }

            // Newer files list what differs from the base values by layer, under a zero-padded layer number.
            var own = reader.Entry("per_layer_config", i.ToString(CultureInfo.InvariantCulture));
            layers[i] = new LayerConfig
            {
                Index = i,
                IsFull = isFull,
                HeadSize = own?.OptionalSize("head_dim") ?? (isFull ? fullHeadSize : headSize),
                KeyValueHeads = own?.OptionalSize("num_key_value_heads")
                    ?? (isFull ? fullKeyValueHeads : keyValueHeads),
                FeedForward = own?.OptionalSize("intermediate_size")
                    ?? (isShared && doubleWide ? 2 * feedForward : feedForward),
                HasValueProjection = !(isFull && keysAsValues),
                Donor = donor,
            };
        }

        return layers;
    }
}
