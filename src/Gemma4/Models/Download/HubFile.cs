namespace Gemma4.Models.Download;

/// <summary>
/// One file of a listing. Target is where it goes below the model folder. The hash is SHA-256 of the content for large
/// files, the git blob's SHA-1 for small ones; in lower-case hex digits.
/// </summary>
internal sealed record HubFile(string Path, long Size, string Hash)
{
    public string Target { get; init; } = Path;

    internal string Folder => Path.Contains('/') ? Path[..Path.LastIndexOf('/')] : "";

    internal string Name => Path[(Path.LastIndexOf('/') + 1)..];
}
