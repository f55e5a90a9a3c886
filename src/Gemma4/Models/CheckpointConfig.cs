using System.Globalization;
using System.Text.Json;

namespace Gemma4.Models;

/// <summary>What config.json says about a model whose folder has no genai_config.json.</summary>
internal sealed class CheckpointConfig
{
    private static readonly string[] Types = ["gemma4", "gemma4_text", "gemma4_unified", "gemma4_unified_text"];

    private readonly ConfigFile _file;
    private readonly JsonElement _text;

    internal CheckpointConfig(ConfigFile file)
    {
        _file = file;
        _text = file.Section(file.Root, "text_config") ?? file.Root;
        string? type = file.Text(file.Root, "model_type");
        if (!Types.Contains(type))
        {
            throw file.Wrong("model_type", $"{string.Join(", ", Types[..^1])} or {Types[^1]}, not '{type ?? "(none)"}'");
        }
    }

    internal int VocabularySize => Positive("vocab_size");

    internal int ContextLength => Positive("max_position_embeddings");

    internal DecoderSettings Decoder() => new() { ConfigName = "config.json", CacheShapes = ReadCacheShapes() };

    private int Positive(string key) =>
        _file.Integer(_text, key) is int value and > 0 ? value : throw _file.Wrong(key, "a number above 0");

    // Layers that borrow keys and values come last and have no cache, so cache i belongs to layer i.
    private CacheShape[] ReadCacheShapes()
    {
        if (!_text.TryGetProperty("layer_types", out JsonElement types) || types.ValueKind != JsonValueKind.Array)
        {
            return [];
        }

        int? heads = _file.Integer(_text, "num_key_value_heads");
        int? headSize = _file.Integer(_text, "head_dim");
        var full = new CacheShape(
            _file.Integer(_text, "num_global_key_value_heads") ?? heads, _file.Integer(_text, "global_head_dim") ?? headSize);
        JsonElement? own = _file.Section(_text, "per_layer_config");
        var shapes = new List<CacheShape>();
        foreach (JsonElement type in types.EnumerateArray())
        {
            CacheShape shape = type.ValueEquals("full_attention") ? full : new CacheShape(heads, headSize);
            JsonElement? layer = Layer(own, shapes.Count);
            shapes.Add(new CacheShape(
                _file.Integer(layer, "num_key_value_heads") ?? shape.KeyValueHeads, _file.Integer(layer, "head_dim") ?? shape.HeadSize));
        }

        return [.. shapes];
    }

    // Newer files key what differs by a layer number padded with zeros.
    private static JsonElement? Layer(JsonElement? own, int layer)
    {
        if (own is not { } map)
        {
            return null;
        }

        foreach (JsonProperty entry in map.EnumerateObject())
        {
            if (int.TryParse(entry.Name, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number == layer)
            {
                return entry.Value;
            }
        }

        return null;
    }
}
