using System.Text.Json;
using Gemma4.ModelBuilder.Checkpoints;
using Gemma4.Models;

namespace Gemma4.ModelBuilder.Folders;

/// <summary>Writes genai_config.json. ONNX Runtime GenAI refuses keys it does not know, so only known ones appear.</summary>
internal static class GenAiConfig
{
    private const int DefaultLength = 8192;
    private const int PrefillChunk = 512;

    // End of text, end of turn, and the token that follows a tool call: all three end a response.
    private static readonly int[] StopIds = [1, 106, 50];

    public static byte[] Write(TextConfig config, GenerationConfig generation, int contextLength, ModelLayout layout)
    {
        var split = layout == ModelLayout.MultiModel;
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, NewLine = "\n" }))
        {
            json.WriteStartObject();
            json.WriteStartObject("model");
            json.WriteString("type", split ? "gemma4" : "gemma4_text");
            json.WriteNumber("vocab_size", config.VocabularySize);
            json.WriteNumber("context_length", contextLength);
            json.WriteNumber("bos_token_id", generation.BeginId);
            Numbers(json, "eos_token_id", StopIds.Union(generation.StopIds));
            json.WriteNumber("pad_token_id", generation.PadId);
            if (split)
            {
                WriteEmbedding(json, config);
            }

            WriteDecoder(json, config, split);
            json.WriteEndObject();
            WriteSearch(json, generation, contextLength);
            json.WriteEndObject();
        }

        stream.WriteByte((byte)'\n');
        return stream.ToArray();
    }

    private static void WriteDecoder(Utf8JsonWriter json, TextConfig config, bool split)
    {
        var owners = config.CacheOwners.ToArray();
        var sliding = owners.FirstOrDefault(layer => !layer.IsFull) ?? owners[0];
        json.WriteStartObject("decoder");
        json.WriteString("filename", split ? "decoder/model.onnx" : "model.onnx");
        json.WriteStartObject("session_options");
        json.WriteString("log_id", "gemma4");
        json.WriteStartArray("provider_options");
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteNumber("hidden_size", config.HiddenSize);
        json.WriteNumber("head_size", sliding.HeadSize);
        json.WriteNumber("num_attention_heads", config.QueryHeads);
        json.WriteNumber("num_key_value_heads", sliding.KeyValueHeads);
        // The runtime makes one cache a layer, so only the layers that own one count.
        json.WriteNumber("num_hidden_layers", owners.Length);
        json.WriteStartObject("inputs");
        if (split)
        {
            WriteEmbedded(json, config);
        }
        else
        {
            json.WriteString("input_ids", "input_ids");
        }

        json.WriteString("attention_mask", "attention_mask");
        json.WriteString("past_key_names", "past_key_values.%d.key");
        json.WriteString("past_value_names", "past_key_values.%d.value");
        json.WriteEndObject();
        json.WriteStartObject("outputs");
        json.WriteString("logits", "logits");
        json.WriteString("present_key_names", "present.%d.key");
        json.WriteString("present_value_names", "present.%d.value");
        json.WriteEndObject();
        json.WriteStartObject("sliding_window");
        json.WriteNumber("window_size", config.SlidingWindow);
        json.WriteBoolean("slide_key_value_cache", false);
        json.WriteBoolean("slide_inputs", false);
        Numbers(json, "layers", Enumerable.Range(0, owners.Length).Where(i => !owners[i].IsFull));
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteEmbedding(Utf8JsonWriter json, TextConfig config)
    {
        json.WriteStartObject("embedding");
        json.WriteString("filename", "embedding/model.onnx");
        json.WriteStartObject("inputs");
        foreach (var name in new[] { "input_ids", "image_features", "audio_features" })
        {
            json.WriteString(name, name);
        }

        json.WriteEndObject();
        json.WriteStartObject("outputs");
        WriteEmbedded(json, config);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <summary>What the embedding graph gives and the decoder takes.</summary>
    private static void WriteEmbedded(Utf8JsonWriter json, TextConfig config)
    {
        json.WriteString("inputs_embeds", "inputs_embeds");
        if (config.PerLayerInput > 0)
        {
            json.WriteString("per_layer_inputs", "per_layer_inputs");
        }
    }

    private static void WriteSearch(Utf8JsonWriter json, GenerationConfig generation, int contextLength)
    {
        json.WriteStartObject("search");
        json.WriteBoolean("do_sample", generation.DoSample);
        json.WriteNumber("temperature", generation.Temperature);
        json.WriteNumber("top_k", generation.TopK);
        json.WriteNumber("top_p", generation.TopP);
        json.WriteNumber("max_length", Math.Min(contextLength, DefaultLength));
        json.WriteBoolean("past_present_share_buffer", true);
        json.WriteNumber("chunk_size", PrefillChunk);
        json.WriteEndObject();
    }

    private static void Numbers(Utf8JsonWriter json, string name, IEnumerable<int> values)
    {
        json.WriteStartArray(name);
        foreach (var value in values)
        {
            json.WriteNumberValue(value);
        }

        json.WriteEndArray();
    }
}
