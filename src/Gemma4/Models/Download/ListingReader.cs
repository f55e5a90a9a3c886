using System.Text.Json;

namespace Gemma4.Models.Download;

/// <summary>Reads one page of a hub's file listing; nothing in it is trusted.</summary>
internal static class ListingReader
{
    internal static IReadOnlyList<HubFile> Read(ReadOnlyMemory<byte> json, string repository)
    {
        List<HubFile> files = [];
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(json);
        }
        catch (JsonException exception)
        {
            throw new TransferFault($"the listing of '{repository}' is not valid JSON: {exception.Message}", exception);
        }

        using (document)
        {
            if (document.RootElement.ValueKind != JsonValueKind.Array)
            {
                throw Refused(repository, "it is not a list");
            }

            foreach (JsonElement entry in document.RootElement.EnumerateArray())
            {
                if (entry.ValueKind != JsonValueKind.Object)
                {
                    throw Refused(repository, "an entry is not an object");
                }

                string path = Text(entry, "path") ?? throw Refused(repository, "an entry has no path");
                if (ListingPath.Problem(path) is { } problem)
                {
                    throw Refused(repository, $"the path '{Printable(path)}' {problem}");
                }

                switch (Text(entry, "type"))
                {
                    case "directory":
                        break;
                    case "file":
                        files.Add(ReadFile(entry, path, repository));
                        break;
                    default:
                        throw Refused(repository, $"'{path}' is neither a file nor a directory");
                }
            }
        }

        return files;
    }

    internal static Gemma4DownloadException Refused(string repository, string fact) =>
        new($"The listing of '{repository}' is refused: {fact}. Take the model from another source, or tell its owner.");

    private static HubFile ReadFile(JsonElement entry, string path, string repository)
    {
        JsonElement source = entry;
        int digits = 40;
        if (entry.TryGetProperty("lfs", out JsonElement large) && large.ValueKind == JsonValueKind.Object)
        {
            (source, digits) = (large, 64);
        }

        string? hash = Text(source, "oid");
        if (hash?.StartsWith("sha256:", StringComparison.Ordinal) == true)
        {
            hash = hash["sha256:".Length..];
        }

        if (hash?.Length != digits || !hash.All(char.IsAsciiHexDigitLower))
        {
            throw Refused(repository, $"'{path}' has no hash to verify it by");
        }

        return source.TryGetProperty("size", out JsonElement number) && number.ValueKind == JsonValueKind.Number
            && number.TryGetInt64(out long size) && size >= 0
            ? new HubFile(path, size, hash)
            : throw Refused(repository, $"'{path}' has no size");
    }

    private static string? Text(JsonElement entry, string key) =>
        entry.TryGetProperty(key, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    // A hostile path must not move the cursor of the terminal that shows the message.
    private static string Printable(string path) =>
        string.Concat(path.Take(200).Select(letter => char.IsControl(letter) ? '?' : letter));
}
