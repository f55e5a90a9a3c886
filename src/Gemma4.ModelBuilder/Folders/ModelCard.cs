using System.Globalization;
using System.Text;
using Gemma4.ModelBuilder.Checkpoints;
using Gemma4.ModelBuilder.Untrained;
using Gemma4.Models;

namespace Gemma4.ModelBuilder.Folders;

/// <summary>The README.md of a built folder: what it was made from and how.</summary>
internal static class ModelCard
{
    /// <param name="config">The model.</param>
    /// <param name="options">How it was built.</param>
    /// <param name="contextLength">Positions it can serve.</param>
    /// <param name="sources">The files it was built from; none for random weights.</param>
    /// <param name="notes">What the build left out or assumed.</param>
    /// <param name="random">What random weights it has; null for those of a checkpoint.</param>
    public static string Write(
        TextConfig config,
        ModelBuildOptions options,
        int contextLength,
        IReadOnlyList<SourceFile> sources,
        IReadOnlyList<string> notes,
        RandomModel? random = null)
    {
        var card = new StringBuilder();
        card.Append("# Gemma 4 text model for ONNX Runtime\n\n");
        card.Append(random is null
            ? "Built by Gemma4.ModelBuilder from a safetensors checkpoint. The weights keep the licence of that checkpoint. "
            : "Built by Gemma4.ModelBuilder with random weights: it runs as fast as the real model, and what it says means nothing. ");
        card.Append("Text only: images and audio are not read.\n\n");
        card.Append("| setting | value |\n|---|---|\n");
        if (random is not null)
        {
            Row(card, "random weights of size", SizeShape.Of(random.Size).Name);
            Row(card, "seed", random.Seed);
        }

        Row(card, "precision", options.Precision.ToString());
        Row(card, "embedding and head", options.HeadPrecision.ToString());
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

        if (options.KeepsWindows)
        {
            Row(card, "key and value cache", "windowed");
            Row(card, "precision of full caches", options.KeyValuePrecision.ToString());
        }

        card.Append(options.KeepsWindows || options.Layout == ModelLayout.TransformersJs
            ? "\nThe decoder returns the logits of the last positions, as many as num_logits_to_keep says; 0 means all" + (options.KeepsWindows ? ", and less writes the caches only" : "") + ".\n"
            : "\nThe graph returns the logits of the last position only.\n");
        if (options.KeepsWindows)
        {
            card.Append(CultureInfo.InvariantCulture, $"\nSliding layers keep the last {config.SlidingWindow} tokens and some room to go back: their caches have a mask of their own, sliding_attention_mask, and their angles come from position_ids. Gemma4's own engine runs this graph; for the native ONNX Runtime GenAI library build with full caches.\n");
        }

        if (notes.Count > 0)
        {
            card.Append('\n');
        }

        foreach (var note in notes)
        {
            card.Append("- ").Append(note).Append('\n');
        }

        if (sources.Count > 0)
        {
            card.Append("\n| source file | SHA-256 |\n|---|---|\n");
        }

        foreach (var source in sources)
        {
            Row(card, source.Name, source.Sha256);
        }

        return card.ToString();
    }

    private static void Row(StringBuilder card, string name, int value) =>
        Row(card, name, value.ToString(CultureInfo.InvariantCulture));

    private static void Row(StringBuilder card, string name, string value) =>
        card.Append("| ").Append(name).Append(" | ").Append(value).Append(" |\n");
}
