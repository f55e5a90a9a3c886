using System.Text.Json;

namespace Gemma4.Models.Download;

/// <summary>
/// A download under way: <c>files/</c> with verified files, <c>parts/</c> with beginnings of the others
/// (<c>*.partial</c>), and <c>journal.json</c> that says of which content a beginning is. Survives the process.
/// </summary>
internal sealed class StagingFolder
{
    private readonly Lock _gate = new();
    private readonly string _journal;
    private readonly Dictionary<string, (string Hash, string? ETag)> _parts = new(StringComparer.Ordinal);
    private readonly ModelManifest _plan;

    private StagingFolder(string directory, ModelManifest plan)
    {
        Directory = directory;
        _journal = Path.Combine(directory, "journal.json");
        _plan = plan;
    }

    internal string Directory { get; }

    internal string Files => Path.Combine(Directory, "files");

    internal string DonePath(HubFile file) => Path.Combine(Files, file.Target);

    internal string PartPath(HubFile file) => Path.Combine(Directory, "parts", file.Target + ".partial");

    internal static StagingFolder Open(string directory, ModelManifest plan)
    {
        StagingFolder folder = new(directory, plan);
        System.IO.Directory.CreateDirectory(folder.Files);
        folder.ReadParts();
        folder.Save();
        return folder;
    }

    /// <summary>Model, revision, commit and variant of an interrupted download, without files; null when it is none.</summary>
    internal static ModelManifest? TryReadPlan(string directory) => ModelManifest.TryRead(Path.Combine(directory, "journal.json"));

    internal bool IsPartOf(HubFile file) => Part(file) is not null;

    internal string? ETag(HubFile file) => Part(file)?.ETag;

    /// <summary>Notes of which content the beginning is, before its first byte is written.</summary>
    internal void Begin(HubFile file, string? etag)
    {
        lock (_gate)
        {
            _parts[file.Target] = (file.Hash, etag);
            Save();
        }
    }

    /// <summary>Bytes that need not be fetched again, as far as sizes tell.</summary>
    internal long Present(HubFile file)
    {
        FileInfo done = new(DonePath(file));
        if (done.Exists)
        {
            return Math.Min(done.Length, file.Size);
        }

        FileInfo part = new(PartPath(file));
        return part.Exists && IsPartOf(file) ? Math.Min(part.Length, file.Size) : 0;
    }

    /// <summary>Makes the verified files the model folder, in one rename.</summary>
    internal void Publish(string destination)
    {
        // A newer commit may have dropped a file that an older attempt brought.
        HashSet<string> wanted = [.. _plan.Files.Select(DonePath)];
        foreach (string path in System.IO.Directory.EnumerateFiles(Files, "*", SearchOption.AllDirectories).Where(path => !wanted.Contains(path)).ToArray())
        {
            File.Delete(path);
        }

        _plan.Write(Path.Combine(Files, ModelManifest.FileName));
        System.IO.Directory.CreateDirectory(Path.GetDirectoryName(destination)!);
        if (System.IO.Directory.Exists(destination))
        {
            System.IO.Directory.Delete(destination);
        }

        System.IO.Directory.Move(Files, destination);
        System.IO.Directory.Delete(Directory, recursive: true);
    }

    // Under the lock: files that are fetched side by side begin while others are asked for.
    private (string Hash, string? ETag)? Part(HubFile file)
    {
        lock (_gate)
        {
            return _parts.TryGetValue(file.Target, out (string Hash, string? ETag) part) && part.Hash == file.Hash ? part : null;
        }
    }

    private void ReadParts()
    {
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(_journal));
            foreach (JsonElement part in document.RootElement.GetProperty("parts").EnumerateArray())
            {
                _parts[part.GetProperty("path").GetString()!] = (part.GetProperty("hash").GetString()!, part.GetProperty("etag").GetString());
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException
            or KeyNotFoundException or InvalidOperationException)
        {
            // Without a readable journal no beginning can be trusted, and each file starts anew.
            _parts.Clear();
        }
    }

    private void Save()
    {
        string temporary = _journal + ".new";
        using (FileStream stream = new(temporary, FileMode.Create, FileAccess.Write))
        using (Utf8JsonWriter json = new(stream))
        {
            json.WriteStartObject();
            json.WriteString("model", _plan.Model);
            json.WriteString("revision", _plan.Revision);
            json.WriteString("commit", _plan.Commit);
            json.WriteString("variant", _plan.Variant);
            json.WriteString("selection", _plan.SelectionKey);
            json.WriteStartArray("files");
            json.WriteEndArray();
            json.WriteStartArray("parts");
            foreach ((string path, (string hash, string? etag)) in _parts)
            {
                json.WriteStartObject();
                json.WriteString("path", path);
                json.WriteString("hash", hash);
                json.WriteString("etag", etag);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        File.Move(temporary, _journal, overwrite: true);
    }
}
