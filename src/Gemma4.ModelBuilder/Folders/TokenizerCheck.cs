using System.Text.Json;
using Gemma4.ModelBuilder.Checkpoints;

namespace Gemma4.ModelBuilder.Folders;

/// <summary>Refuses a tokenizer that does not belong to the model before hours are spent on its weights.</summary>
internal static class TokenizerCheck
{
    // Embedding tables are sometimes padded to a round number of rows.
    private const int MostPaddingRows = 255;

    public static void Check(string path, int vocabularySize)
    {
        using var document = JsonFile.Parse(path);
        var root = document.RootElement;
        if (root.ValueKind != JsonValueKind.Object
            || !root.TryGetProperty("model", out var model) || model.ValueKind != JsonValueKind.Object
            || !model.TryGetProperty("vocab", out var vocabulary) || vocabulary.ValueKind != JsonValueKind.Object)
        {
            throw new InvalidDataException($"'{path}' has no model.vocab object. Fetch the file again.");
        }

        var largest = -1;
        foreach (var entry in vocabulary.EnumerateObject())
        {
            largest = Math.Max(largest, Id(path, entry.Value));
        }

        if (root.TryGetProperty("added_tokens", out var added) && added.ValueKind == JsonValueKind.Array)
        {
            foreach (var token in added.EnumerateArray())
            {
                largest = Math.Max(largest, token.ValueKind == JsonValueKind.Object
                    && token.TryGetProperty("id", out var id) ? Id(path, id) : -1);
            }
        }

        var size = largest + 1;
        if (size > vocabularySize || size < vocabularySize - MostPaddingRows)
        {
            throw new InvalidDataException(
                $"'{path}' has {size} tokens, but config.json says vocab_size {vocabularySize}. "
                + "Use the tokenizer.json that came with the weights.");
        }
    }

    private static int Id(string path, JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var id) && id >= 0
            ? id
            : throw new InvalidDataException($"'{path}' holds a token id that is no number. Fetch the file again.");
}
