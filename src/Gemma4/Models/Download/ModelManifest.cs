using System.Text.Json;

namespace Gemma4.Models.Download;

/// <summary>What a fetched folder is, kept inside it: proof that it is complete, and its entry in the list of models.</summary>
internal sealed record ModelManifest(
    string Model, string Revision, string Commit, string Variant, string SelectionKey, IReadOnlyList<HubFile> Files)
{
    internal const string FileName = ".gemma4-model.json";

    /// <summary>Null when there is none or it cannot be understood.</summary>
    internal static ModelManifest? TryRead(string path)
    {
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(path));
            JsonElement root = document.RootElement;
            HubFile[] files = [.. root.GetProperty("files").EnumerateArray().Select(file => new HubFile(
                file.GetProperty("path").GetString()!, file.GetProperty("size").GetInt64(), file.GetProperty("hash").GetString()!))];
            return new ModelManifest(
                root.GetProperty("model").GetString()!,
                root.GetProperty("revision").GetString()!,
                root.GetProperty("commit").GetString()!,
                root.GetProperty("variant").GetString()!,
                root.GetProperty("selection").GetString()!,
                files);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException
            or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }

    internal void Write(string path)
    {
        using FileStream stream = new(path, FileMode.Create, FileAccess.Write);
        using (Utf8JsonWriter json = new(stream, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("model", Model);
            json.WriteString("revision", Revision);
            json.WriteString("commit", Commit);
            json.WriteString("variant", Variant);
            json.WriteString("selection", SelectionKey);
            json.WriteStartArray("files");
            foreach (HubFile file in Files)
            {
                json.WriteStartObject();
                json.WriteString("path", file.Target);
                json.WriteNumber("size", file.Size);
                json.WriteString("hash", file.Hash);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        stream.Flush(flushToDisk: true);
    }

    /// <summary>The first file that is not there in its size, or null.</summary>
    internal string? Missing(string directory) => Files
        .FirstOrDefault(file => new FileInfo(Path.Combine(directory, file.Path)) is not { Exists: true } info || info.Length != file.Size)?.Path;
}
