using System.Text.Json;

namespace Gemma4.ModelBuilder.Checkpoints;

/// <summary>Reads a JSON file of a checkpoint, or says which file is wrong.</summary>
internal static class JsonFile
{
    public static JsonDocument Parse(string path)
    {
        if (!File.Exists(path))
        {
            throw new FileNotFoundException(
                $"{Path.GetFileName(path)} not found in '{Path.GetDirectoryName(path)}'. A checkpoint folder needs "
                + "config.json, tokenizer.json and model.safetensors, as Hugging Face publishes them.", path);
        }

        try
        {
            using var stream = File.OpenRead(path);
            return JsonDocument.Parse(stream);
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"'{path}' is not valid JSON ({e.Message}). Fetch the file again.", e);
        }
    }
}
