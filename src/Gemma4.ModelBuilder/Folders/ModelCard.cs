using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Gemma4.ModelBuilder.Checkpoints;
using Gemma4.Models;

namespace Gemma4.ModelBuilder.Folders;

/// <summary>The README.md of a built folder: what it was made from and how.</summary>
internal static class ModelCard
{
    public static async Task<string> WriteAsync(
        TextConfig config,
        ModelBuildOptions options,
        int contextLength,
        IEnumerable<string> sources,
        CancellationToken cancellationToken)
    {
        var card = new StringBuilder();
        card.Append("# Gemma 4 text model for ONNX Runtime\n\n");
        card.Append("Built by Gemma4.ModelBuilder from a safetensors checkpoint. The weights keep the licence of that ");
        card.Append("checkpoint. Text only: images and audio are not read.\n\n");
        card.Append("| setting | value |\n|---|---|\n");
        Row(card, "precision", options.Precision.ToString());
        Row(card, "embedding and head", (options.EmbeddingPrecision ?? options.Precision).ToString());
        Row(card, "block size", options.BlockSize);
        Row(card, "accuracy level", options.AccuracyLevel);
        Row(card, "context length", contextLength);
        Row(card, "layers", config.Layers.Count);
        Row(card, "layers with a cache", config.CacheOwners.Count());
        Row(card, "vocabulary", config.VocabularySize);
        if (options.Layout != ModelLayout.Text)
        {
            Row(card, "layout", options.Layout.ToString());
        }

        card.Append(options.Layout == ModelLayout.TransformersJs
            ? "\nThe decoder returns the logits of the last positions, as many as num_logits_to_keep says; 0 means all.\n\n"
            : "\nThe graph returns the logits of the last position only.\n\n");
        card.Append("| source file | SHA-256 |\n|---|---|\n");
        foreach (var source in sources)
        {
            var stream = File.OpenRead(source);
            await using var _ = stream.ConfigureAwait(false);
            var hash = await SHA256.HashDataAsync(stream, cancellationToken).ConfigureAwait(false);
            Row(card, Path.GetFileName(source), Convert.ToHexStringLower(hash));
        }

        return card.ToString();
    }

    private static void Row(StringBuilder card, string name, int value) =>
        Row(card, name, value.ToString(CultureInfo.InvariantCulture));

    private static void Row(StringBuilder card, string name, string value) =>
        card.Append("| ").Append(name).Append(" | ").Append(value).Append(" |\n");
}
