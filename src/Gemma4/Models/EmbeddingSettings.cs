using System.Text.Json;

namespace Gemma4.Models;

/// <summary>The embedding graph of a folder that keeps it apart from the decoder, with the names of its inputs and outputs.</summary>
internal sealed record EmbeddingSettings(string GraphPath)
{
    internal string InputIds { get; init; } = "input_ids";

    internal string ImageFeatures { get; init; } = "image_features";

    internal string AudioFeatures { get; init; } = "audio_features";

    internal string InputsEmbeds { get; init; } = "inputs_embeds";

    internal string PerLayerInputs { get; init; } = "per_layer_inputs";

    internal static EmbeddingSettings Read(string graphPath, ConfigFile file, JsonElement? embedding)
    {
        JsonElement? inputs = file.Section(embedding, "inputs");
        JsonElement? outputs = file.Section(embedding, "outputs");
        var defaults = new EmbeddingSettings(graphPath);
        return defaults with
        {
            InputIds = file.Text(inputs, "input_ids") ?? defaults.InputIds,
            ImageFeatures = file.Text(inputs, "image_features") ?? defaults.ImageFeatures,
            AudioFeatures = file.Text(inputs, "audio_features") ?? defaults.AudioFeatures,
            InputsEmbeds = file.Text(outputs, "inputs_embeds") ?? defaults.InputsEmbeds,
            PerLayerInputs = file.Text(outputs, "per_layer_inputs") ?? defaults.PerLayerInputs,
        };
    }
}
