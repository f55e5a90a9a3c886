namespace Gemma4.ModelBuilder.Folders;

/// <summary>
/// A folder built beside its final place and moved there when complete, so that a failed or cancelled build leaves
/// nothing that looks like a model.
/// </summary>
internal sealed class StagedFolder : IDisposable
{
    private readonly string _final;
    private readonly bool _overwrite;

    private StagedFolder(string final, bool overwrite)
    {
        _final = final;
        _overwrite = overwrite;
        Path = final + ".building";
    }

    /// <summary>Where the files are written.</summary>
    public string Path { get; }

    public static StagedFolder Create(string outputDirectory, bool overwrite)
    {
        var final = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(outputDirectory));
        if (File.Exists(final))
        {
            throw new IOException($"'{outputDirectory}' is a file. Name a folder for the model.");
        }

        if (!overwrite && Directory.Exists(final) && Directory.EnumerateFileSystemEntries(final).Any())
        {
            throw new IOException(
                $"'{outputDirectory}' is not empty. Name a new folder, or set Overwrite to replace this one.");
        }

        var folder = new StagedFolder(final, overwrite);
        if (Directory.Exists(folder.Path))
        {
            throw new IOException(
                $"'{folder.Path}' exists: another build is running, or one was killed. Delete it in the second case.");
        }

        Directory.CreateDirectory(folder.Path);
        return folder;
    }

    /// <summary>Moves the complete folder into its place.</summary>
    public void Publish()
    {
        if (!Directory.Exists(_final))
        {
            Directory.Move(Path, _final);
            return;
        }

        if (!_overwrite)
        {
            // Created empty by the caller; a folder that has been filled in the meantime makes this fail.
            Directory.Delete(_final);
            Directory.Move(Path, _final);
            return;
        }

        var old = _final + ".replaced";
        Directory.Move(_final, old);
        Directory.Move(Path, _final);
        Directory.Delete(old, recursive: true);
    }

    public void Dispose()
    {
        if (Directory.Exists(Path))
        {
            Directory.Delete(Path, recursive: true);
        }
    }
}
