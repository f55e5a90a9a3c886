namespace Gemma4.ModelBuilder.Folders;

/// <summary>
/// A folder built beside its final place and moved there when complete, so that a failed or cancelled build leaves
/// nothing that looks like a model. What a killed build left is cleared away by the next one.
/// </summary>
internal sealed class StagedFolder : IDisposable
{
    private readonly string _final;
    private readonly string _old;
    private readonly bool _overwrite;
    private readonly BuildLock _lock;

    private StagedFolder(string final, bool overwrite, BuildLock buildLock)
    {
        _final = final;
        _old = final + ".replaced";
        _overwrite = overwrite;
        _lock = buildLock;
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

        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(final) ?? final);
        var folder = new StagedFolder(final, overwrite, BuildLock.Take(final + ".building.lock", outputDirectory));
        try
        {
            folder.ClearRemains();
            folder.CheckTarget(outputDirectory);
            Directory.CreateDirectory(folder.Path);
            return folder;
        }
        catch
        {
            folder._lock.Dispose();
            throw;
        }
    }

    private void CheckTarget(string outputDirectory)
    {
        if (!_overwrite && Directory.Exists(_final) && Directory.EnumerateFileSystemEntries(_final).Any())
        {
            throw new IOException(
                $"'{outputDirectory}' is not empty. Name a new folder, or set Overwrite to replace this one.");
        }
    }

    /// <summary>Nobody else holds the lock, so whatever lies here belongs to a build that was killed.</summary>
    private void ClearRemains()
    {
        if (Directory.Exists(Path))
        {
            Directory.Delete(Path, recursive: true);
        }

        if (!Directory.Exists(_old))
        {
            return;
        }

        // Killed between the two moves of a replacement: the old model is the only complete one.
        if (!Directory.Exists(_final))
        {
            Directory.Move(_old, _final);
            return;
        }

        Directory.Delete(_old, recursive: true);
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

        Directory.Move(_final, _old);
        Directory.Move(Path, _final);
        Directory.Delete(_old, recursive: true);
    }

    public void Dispose()
    {
        try
        {
            if (Directory.Exists(Path))
            {
                Directory.Delete(Path, recursive: true);
            }
        }
        finally
        {
            _lock.Dispose();
        }
    }
}
