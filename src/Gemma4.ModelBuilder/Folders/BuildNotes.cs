using System.Globalization;
using Gemma4.ModelBuilder.Checkpoints;

namespace Gemma4.ModelBuilder.Folders;

/// <summary>Says which weights of a checkpoint the built folder does without.</summary>
internal static class BuildNotes
{
    private const string Head = "lm_head.weight";
    private const int ShownNames = 3;
    private const int RowsAtOnce = 64;

    private static readonly string[] MediaParts =
        ["vision_tower.", "audio_tower.", "embed_vision.", "embed_audio.", "vision_embedder.", "multi_modal_projector."];

    /// <summary>To be called when the graph has taken what it needs.</summary>
    public static string[] Collect(TextConfig config, Checkpoint checkpoint, bool hasGenerationConfig)
    {
        var notes = new List<string>();
        if (!hasGenerationConfig)
        {
            notes.Add("generation_config.json is absent: stop tokens and sampling are those of the published models.");
        }

        var unused = checkpoint.Unused.ToList();
        var media = unused.RemoveAll(tensor => MediaParts.Any(part => tensor.Name.Contains(part, StringComparison.Ordinal)));
        if (media > 0)
        {
            notes.Add(Counted(media, "image and audio tensor") + " left out: the folder reads text only.");
        }

        var borrowed = unused.RemoveAll(tensor => IsBorrowed(config, tensor.Name));
        if (borrowed > 0)
        {
            notes.Add(Counted(borrowed, "key and value tensor")
                + " left out: their layers borrow keys and values from an earlier layer.");
        }

        if (!config.HasOwnHead && checkpoint.Find(Head) is { } head && unused.Remove(head))
        {
            notes.Add(IsCopy(head, checkpoint.Get("embed_tokens.weight", config.VocabularySize, config.HiddenSize))
                ? $"{head.Name} left out: it is a copy of the token embedding, which serves as the head."
                : $"{head.Name} left out although it differs from the token embedding: config.json ties the two. "
                    + "If the head was trained on its own, set tie_word_embeddings to false and build again.");
        }

        if (unused.Count > 0)
        {
            var names = string.Join(", ", unused.Take(ShownNames).Select(tensor => tensor.Name));
            notes.Add(Counted(unused.Count, "tensor") + " left out that the text model has no place for: "
                + names + (unused.Count > ShownNames ? ", ..." : "") + ".");
        }

        return [.. notes];
    }

    private static string Counted(int count, string thing) =>
        string.Create(CultureInfo.InvariantCulture, $"{count} {thing}{(count == 1 ? "" : "s")}");

    private static bool IsBorrowed(TextConfig config, string name) => config.Layers.Any(layer => !layer.OwnsCache
        && (name.Contains($"layers.{layer.Index}.self_attn.k_", StringComparison.Ordinal)
            || name.Contains($"layers.{layer.Index}.self_attn.v_", StringComparison.Ordinal)));

    private static bool IsCopy(CheckpointTensor head, CheckpointTensor embedding)
    {
        if (head.Type == SafetensorsType.Other || !head.Shape.AsSpan().SequenceEqual(embedding.Shape))
        {
            return false;
        }

        var first = new float[RowsAtOnce * head.Columns];
        var second = new float[RowsAtOnce * head.Columns];
        for (var row = 0; row < head.Rows; row += RowsAtOnce)
        {
            var length = Math.Min(RowsAtOnce, head.Rows - row) * head.Columns;
            head.ReadRows(row, first.AsSpan(0, length));
            embedding.ReadRows(row, second.AsSpan(0, length));
            if (!first.AsSpan(0, length).SequenceEqual(second.AsSpan(0, length)))
            {
                return false;
            }
        }

        return true;
    }
}
