using System.Text.Json;

namespace Gemma4.Models;

/// <summary>
/// Graph names from genai_config.json, with ONNX Runtime GenAI's defaults for what the file leaves out, and the cache
/// shape for graphs that do not write it down themselves.
/// </summary>
internal sealed record DecoderSettings
{
    /// <summary>The file the values come from, for complaints.</summary>
    internal string ConfigName { get; init; } = "genai_config.json";

    internal string InputIds { get; init; } = "input_ids";

    internal string InputsEmbeds { get; init; } = "inputs_embeds";

    internal string PerLayerInputs { get; init; } = "per_layer_inputs";

    internal string AttentionMask { get; init; } = "attention_mask";

    internal string PositionIds { get; init; } = "position_ids";

    internal string PastKeys { get; init; } = "past_key_values.%d.key";

    internal string PastValues { get; init; } = "past_key_values.%d.value";

    internal string Logits { get; init; } = "logits";

    internal string PresentKeys { get; init; } = "present.%d.key";

    internal string PresentValues { get; init; } = "present.%d.value";

    internal int? KeyValueHeads { get; init; }

    internal int? HeadSize { get; init; }

    /// <summary>One for each cache, where the file tells them apart.</summary>
    internal IReadOnlyList<CacheShape> CacheShapes { get; init; } = [];

    internal CacheShape ShapeOf(int cache) =>
        cache < CacheShapes.Count ? CacheShapes[cache] : new CacheShape(KeyValueHeads, HeadSize);

    /// <summary>The output that belongs to a cache input, or null when <paramref name="input"/> is no cache.</summary>
    internal string? PresentOf(string input) =>
        Counterpart(input, PastKeys, PresentKeys) ?? Counterpart(input, PastValues, PresentValues);

    /// <summary>The digits in a cache input's name, or null when <paramref name="input"/> is no cache.</summary>
    internal string? NumberOf(string input) => Counterpart(input, PastKeys, "%d") ?? Counterpart(input, PastValues, "%d");

    internal static DecoderSettings Read(ConfigFile file, JsonElement? decoder)
    {
        JsonElement? inputs = file.Section(decoder, "inputs");
        JsonElement? outputs = file.Section(decoder, "outputs");
        var defaults = new DecoderSettings();
        return new DecoderSettings
        {
            InputIds = file.Text(inputs, "input_ids") ?? defaults.InputIds,
            InputsEmbeds = file.Text(inputs, "inputs_embeds") ?? defaults.InputsEmbeds,
            PerLayerInputs = file.Text(inputs, "per_layer_inputs") ?? defaults.PerLayerInputs,
            AttentionMask = file.Text(inputs, "attention_mask") ?? defaults.AttentionMask,
            PositionIds = file.Text(inputs, "position_ids") ?? defaults.PositionIds,
            PastKeys = file.Text(inputs, "past_key_names") ?? defaults.PastKeys,
            PastValues = file.Text(inputs, "past_value_names") ?? defaults.PastValues,
            Logits = file.Text(outputs, "logits") ?? defaults.Logits,
            PresentKeys = file.Text(outputs, "present_key_names") ?? defaults.PresentKeys,
            PresentValues = file.Text(outputs, "present_value_names") ?? defaults.PresentValues,
            KeyValueHeads = file.Integer(decoder, "num_key_value_heads"),
            HeadSize = file.Integer(decoder, "head_size"),
        };
    }

    /// <summary>Translates a name made from one pattern into the other pattern, or null when it does not match.</summary>
    private static string? Counterpart(string name, string pattern, string otherPattern)
    {
        int hole = pattern.IndexOf("%d", StringComparison.Ordinal);
        if (hole < 0 || name.Length <= pattern.Length - 2)
        {
            return null;
        }

        ReadOnlySpan<char> tail = pattern.AsSpan(hole + 2);
        if (!name.AsSpan().StartsWith(pattern.AsSpan(0, hole)) || !name.AsSpan().EndsWith(tail))
        {
            return null;
        }

        string number = name[hole..^tail.Length];
        return number.All(char.IsAsciiDigit) ? otherPattern.Replace("%d", number, StringComparison.Ordinal) : null;
    }
}
