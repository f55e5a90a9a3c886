using System.Security.Cryptography;
using System.Text;

namespace Gemma4.Models.Download;

/// <summary>
/// The folder of fetched models. Below <c>models/owner--name/</c> lie <c>refs/REVISION</c> (the commit that a branch or
/// tag last stood for), <c>COMMIT/VARIANT/</c> (complete folders) and <c>VARIANT.partial/</c> (downloads under way);
/// below <c>locks/</c> one file per repository.
/// </summary>
internal sealed class ModelCache(DownloadSettings settings)
{
    private const string StagingEnding = ".partial";

    private string Models => Path.Combine(settings.CacheDirectory, "models");

    private string Locks => Path.Combine(settings.CacheDirectory, "locks");

    internal string FolderOf(ModelReference model, string commit, string variant) =>
        settings.OutputDirectory ?? Path.Combine(Repository(model), commit, Slug(variant));

    internal string StagingOf(ModelReference model, string variant) => settings.OutputDirectory is { } output
        ? output + StagingEnding
        : Path.Combine(Repository(model), Slug(variant) + StagingEnding);

    internal string LockOf(ModelReference model) => settings.OutputDirectory is { } output
        ? Path.Combine(Locks, $"output-{ShortHash(output)}.lock")
        : LockOf(model.Repository);

    /// <summary>A complete folder that answers the request, or null.</summary>
    internal string? Find(ModelReference model)
    {
        if (settings.OutputDirectory is { } output)
        {
            return Complete(output) is { } there && Answers(there, model) ? output : null;
        }

        string? commit = model.IsCommit ? model.Revision : Commit(model);
        string folder = Path.Combine(Repository(model), commit ?? "-");
        if (commit is null || !Directory.Exists(folder))
        {
            return null;
        }

        (string Path, ModelManifest Manifest)[] folders = [.. Directory.EnumerateDirectories(folder)
            .Select(path => (path, Manifest: Complete(path)!))
            .Where(entry => entry.Manifest is not null && entry.Manifest.SelectionKey == settings.SelectionKey)];
        IReadOnlyList<string> names = ModelVariant.Match(
            [.. folders.Select(entry => entry.Manifest.Variant)], settings.Include.Count > 0 ? ModelVariant.Selection : settings.Precision);
        if (names.Count > 1)
        {
            throw new Gemma4DownloadException($"The cache holds several variants of '{model}': {string.Join(", ", names)}. Choose one by Precision (--precision).");
        }

        return names.Count == 1 ? folders.Single(entry => entry.Manifest.Variant == names[0]).Path : null;
    }

    /// <summary>The folder's manifest when all its files are there, or null.</summary>
    internal static ModelManifest? Complete(string directory) =>
        ModelManifest.TryRead(Path.Combine(directory, ModelManifest.FileName)) is { } manifest && manifest.Missing(directory) is null ? manifest : null;

    internal Gemma4DownloadException NotHere(ModelReference model, string reason)
    {
        CachedModel[] own = [.. List().Where(entry => entry.Model == model.Repository)];
        string there = own.Length == 0
            ? "none of it is there"
            : "there are " + string.Join(", ", own.Select(entry =>
                $"{entry.Variant} of {entry.Revision}{(entry.IsComplete ? "" : $", incomplete with {DownloadSettings.Size(entry.Bytes)}")}"));
        string wanted = settings.Precision is { } precision ? $"{precision} of '{model}'" : $"'{model}'";
        return new Gemma4DownloadException($"{wanted} is not in {(settings.OutputDirectory is { } output ? $"'{output}'" : $"the cache '{settings.CacheDirectory}'")}; {there}. {reason}");
    }

    internal void Remember(ModelReference model, string commit)
    {
        if (model.IsCommit)
        {
            return;
        }

        string path = RefPath(model);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path + ".new", commit);
        File.Move(path + ".new", path, overwrite: true);
    }

    /// <summary>Sets the time of last use, which the list shows.</summary>
    internal void Touch(string directory)
    {
        try
        {
            File.SetLastWriteTimeUtc(Path.Combine(directory, ModelManifest.FileName), settings.Time.GetUtcNow().UtcDateTime);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // A cache that may only be read works as well.
        }
    }

    internal IReadOnlyList<CachedModel> List()
    {
        List<CachedModel> models = [];
        foreach (string repository in Folders(Models))
        {
            foreach (string folder in Folders(repository))
            {
                if (folder.EndsWith(StagingEnding, StringComparison.Ordinal))
                {
                    Add(models, folder, StagingFolder.TryReadPlan(folder), "journal.json", isComplete: false);
                    continue;
                }

                foreach (string variant in Folders(folder))
                {
                    Add(models, variant, Complete(variant), ModelManifest.FileName, isComplete: true);
                }
            }
        }

        return models;
    }

    internal void Remove(CachedModel model)
    {
        string relative = Path.GetRelativePath(Models, Path.GetFullPath(model.Directory));
        if (Path.IsPathRooted(relative) || relative.Split(Path.DirectorySeparatorChar) is not { Length: 2 or 3 } parts || parts.Contains(".."))
        {
            throw new ArgumentException($"'{model.Directory}' is no model of the cache '{settings.CacheDirectory}'. Remove it by hand.", nameof(model));
        }

        using DownloadLock taken = DownloadLock.TryTake(LockOf(model.Model))
            ?? throw new Gemma4DownloadException($"'{model.Model}' is being downloaded. Wait for its end, or stop it.");
        if (!Directory.Exists(model.Directory))
        {
            return;
        }

        // First the record: a half removed folder must not pass for a complete one.
        File.Delete(Path.Combine(model.Directory, ModelManifest.FileName));
        Directory.Delete(model.Directory, recursive: true);
        string repository = Path.Combine(Models, parts[0]);
        foreach (string commit in Folders(repository).Where(folder => ModelReference.IsCommitId(Path.GetFileName(folder))).ToArray())
        {
            DeleteIfEmpty(commit);
        }

        string refs = Path.Combine(repository, "refs");
        foreach (string file in Directory.Exists(refs) ? Directory.GetFiles(refs) : [])
        {
            if (!Directory.Exists(Path.Combine(repository, File.ReadAllText(file).Trim())))
            {
                File.Delete(file);
            }
        }

        DeleteIfEmpty(refs);
        DeleteIfEmpty(repository);
    }

    private static void Add(List<CachedModel> models, string folder, ModelManifest? manifest, string dated, bool isComplete)
    {
        if (manifest is not null)
        {
            models.Add(new CachedModel(
                manifest.Model,
                manifest.Revision,
                manifest.Commit,
                manifest.Variant,
                new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length),
                new FileInfo(Path.Combine(folder, dated)).LastWriteTimeUtc,
                folder,
                isComplete));
        }
    }

    private static IEnumerable<string> Folders(string path) =>
        Directory.Exists(path) ? Directory.EnumerateDirectories(path).Order(StringComparer.Ordinal) : [];

    private static void DeleteIfEmpty(string path)
    {
        if (Directory.Exists(path) && !Directory.EnumerateFileSystemEntries(path).Any())
        {
            Directory.Delete(path);
        }
    }

    private bool Answers(ModelManifest manifest, ModelReference model) =>
        manifest.Model == model.Repository
        && (manifest.Revision == model.Revision || manifest.Commit == model.Revision)
        && manifest.SelectionKey == settings.SelectionKey
        && (settings.Include.Count > 0 || ModelVariant.Match([manifest.Variant], settings.Precision).Count == 1);

    private string Repository(ModelReference model) => Path.Combine(Models, $"{model.Owner}--{model.Name}");

    private string LockOf(string repository) => Path.Combine(Locks, repository.Replace("/", "--", StringComparison.Ordinal) + ".lock");

    private string RefPath(ModelReference model) => Path.Combine(Repository(model), "refs", Uri.EscapeDataString(model.Revision));

    private string? Commit(ModelReference model)
    {
        string path = RefPath(model);
        return File.Exists(path) && File.ReadAllText(path).Trim() is var commit && ModelReference.IsCommitId(commit) ? commit : null;
    }

    private string Slug(string variant)
    {
        string slug = string.Concat(variant.Select(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' ? letter : '-'));
        return settings.SelectionKey.Length == 0 && slug == variant ? slug : $"{slug}-{ShortHash(variant + settings.SelectionKey)}";
    }

    private static string ShortHash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..8];
}
