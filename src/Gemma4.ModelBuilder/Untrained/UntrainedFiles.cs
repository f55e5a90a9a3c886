using System.Text.Json;

namespace Gemma4.ModelBuilder.Untrained;

/// <summary>Writes the configuration files that a checkpoint of a published size would have.</summary>
internal static class UntrainedFiles
{
    private const int PadId = 0;
    private const int EndId = 1;
    private const int BeginId = 2;
    private const int EndOfTurnId = 106;
    private const int ToolResponseId = 50;

    public static void Write(string directory, SizeShape shape)
    {
        WriteConfig(directory, shape);
        WriteJson(Path.Combine(directory, "generation_config.json"), WriteGeneration);
        WriteJson(Path.Combine(directory, "tokenizer.json"), json => FillerTokenizer.Write(json, shape.VocabularySize));
    }

    public static void WriteConfig(string directory, SizeShape shape) =>
        WriteJson(Path.Combine(directory, "config.json"), json => WriteConfig(json, shape));

    private static void WriteJson(string path, Action<Utf8JsonWriter> write)
    {
        using var stream = new FileStream(path, FileMode.CreateNew, FileAccess.Write);
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, NewLine = "\n" });
        json.WriteStartObject();
        write(json);
        json.WriteEndObject();
    }

    private static void WriteConfig(Utf8JsonWriter json, SizeShape shape)
    {
        json.WriteString("model_type", shape.ModelType);
        Ids(json, EndId, EndOfTurnId);
        json.WriteNumber("image_token_id", FillerTokenizer.ImageId);
        json.WriteNumber("audio_token_id", FillerTokenizer.AudioId);
        json.WriteNumber("video_token_id", FillerTokenizer.VideoId);
        json.WriteStartObject("text_config");
        json.WriteString("model_type", shape.ModelType + "_text");
        json.WriteNumber("vocab_size", shape.VocabularySize);
        json.WriteNumber("hidden_size", shape.HiddenSize);
        json.WriteNumber("num_hidden_layers", shape.Layers);
        json.WriteStartArray("layer_types");
        for (var layer = 0; layer < shape.Layers; layer++)
        {
            json.WriteStringValue(shape.IsFull(layer) ? "full_attention" : "sliding_attention");
        }

        json.WriteEndArray();
        json.WriteNumber("sliding_window", shape.Window);
        json.WriteNumber("max_position_embeddings", shape.MaxPositions);
        WriteAttention(json, shape);
        WriteFeedForward(json, shape);
        json.WriteNumber("hidden_size_per_layer_input", shape.PerLayerInput);
        json.WriteNumber("vocab_size_per_layer_input", shape.PerLayerInput > 0 ? shape.VocabularySize : 0);
        json.WriteNumber("rms_norm_eps", 1e-6);
        json.WriteNumber("final_logit_softcapping", 30.0);
        json.WriteBoolean("tie_word_embeddings", true);
        json.WriteNumber("pad_token_id", PadId);
        json.WriteNumber("bos_token_id", BeginId);
        Ids(json, EndId, EndOfTurnId);
        json.WriteEndObject();
    }

    private static void WriteAttention(Utf8JsonWriter json, SizeShape shape)
    {
        json.WriteNumber("num_attention_heads", shape.QueryHeads);
        json.WriteNumber("num_key_value_heads", shape.KeyValueHeads);
        if (shape.FullKeyValueHeads is { } heads)
        {
            json.WriteNumber("num_global_key_value_heads", heads);
        }
        else
        {
            json.WriteNull("num_global_key_value_heads");
        }

        json.WriteNumber("head_dim", 256);
        json.WriteNumber("global_head_dim", 512);
        json.WriteBoolean("attention_k_eq_v", shape.KeysAsValues);
        json.WriteBoolean("attention_bias", false);
        json.WriteNumber("num_kv_shared_layers", shape.BorrowingLayers);
        json.WriteStartObject("rope_parameters");
        json.WriteStartObject("sliding_attention");
        json.WriteString("rope_type", "default");
        json.WriteNumber("rope_theta", 10_000.0);
        json.WriteEndObject();
        json.WriteStartObject("full_attention");
        json.WriteString("rope_type", "proportional");
        json.WriteNumber("rope_theta", 1_000_000.0);
        json.WriteNumber("partial_rotary_factor", 0.25);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteFeedForward(Utf8JsonWriter json, SizeShape shape)
    {
        json.WriteString("hidden_activation", "gelu_pytorch_tanh");
        json.WriteNumber("intermediate_size", shape.FeedForward);
        json.WriteBoolean("use_double_wide_mlp", shape.DoubleWide);
        json.WriteBoolean("enable_moe_block", shape.Experts > 0);
        if (shape.Experts > 0)
        {
            json.WriteNumber("num_experts", shape.Experts);
            json.WriteNumber("top_k_experts", shape.ActiveExperts);
            json.WriteNumber("moe_intermediate_size", shape.ExpertFeedForward);
        }
    }

    private static void WriteGeneration(Utf8JsonWriter json)
    {
        json.WriteNumber("bos_token_id", BeginId);
        json.WriteBoolean("do_sample", true);
        Ids(json, EndId, EndOfTurnId, ToolResponseId);
        json.WriteNumber("pad_token_id", PadId);
        json.WriteNumber("temperature", 1.0);
        json.WriteNumber("top_k", 64);
        json.WriteNumber("top_p", 0.95);
    }

    private static void Ids(Utf8JsonWriter json, params ReadOnlySpan<int> ids)
    {
        json.WriteStartArray("eos_token_id");
        foreach (var id in ids)
        {
            json.WriteNumberValue(id);
        }

        json.WriteEndArray();
    }
}
