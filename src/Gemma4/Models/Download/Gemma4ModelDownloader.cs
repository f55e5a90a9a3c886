namespace Gemma4.Models.Download;

/// <summary>
/// Fetches model folders from a hub into a cache, lists and removes them. Downloads are verified by the listing's
/// hashes, continue after every kind of interruption and appear only when they are complete. Safe for parallel use.
/// </summary>
public sealed class Gemma4ModelDownloader
{
    private readonly DownloadSettings _settings;
    private readonly ModelCache _cache;

    /// <summary>Creates a downloader; options and environment are read now, nothing is fetched yet.</summary>
    /// <param name="options">From where and what; null for the defaults.</param>
    /// <param name="timeProvider">Clock for waits, speed and time of last use; null for the system's.</param>
    /// <exception cref="ArgumentException">An option is out of range; the message names it.</exception>
    /// <exception cref="Gemma4DownloadException"><c>HF_ENDPOINT</c> is not an address.</exception>
    public Gemma4ModelDownloader(ModelDownloadOptions? options = null, TimeProvider? timeProvider = null)
        : this(DownloadSettings.From(options ?? new ModelDownloadOptions(), timeProvider ?? TimeProvider.System, Environment.GetEnvironmentVariable))
    {
    }

    internal Gemma4ModelDownloader(DownloadSettings settings)
    {
        _settings = settings;
        _cache = new ModelCache(settings);
    }

    /// <summary>
    /// Fetches what is missing of a model and returns its folder. A branch is looked up anew each time, so a newer commit
    /// is fetched; with <see cref="ModelDownloadOptions.Offline"/> the cached one is returned.
    /// </summary>
    /// <param name="model">Repository and revision: <c>owner/name</c> or <c>owner/name@revision</c>; the default revision is <c>main</c>.</param>
    /// <param name="progress">Hears several times a second how far it is, on any thread; null for nobody.</param>
    /// <param name="cancellationToken">Stops the download; the next call continues it.</param>
    /// <returns>Full path of the folder.</returns>
    /// <exception cref="Gemma4DownloadException">It cannot be fetched, or offline is not there; the message says why and what to do.</exception>
    public async Task<string> DownloadAsync(string model, IProgress<ModelDownloadProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        var reference = ModelReference.Parse(model);
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            if (_settings.Offline)
            {
                return FindCached(reference)
                    ?? throw _cache.NotHere(reference, $"This is offline: run 'gemma4 pull {reference}' with a connection, or allow the network.");
            }

            return await FetchAsync(reference, new ProgressMeter(progress, _settings.Time), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new Gemma4DownloadException($"The folder of '{reference}' cannot be used: {exception.Message} Check its permissions, or choose another cache (GEMMA4_CACHE).", exception);
        }
    }

    /// <summary>The models in the cache, interrupted downloads included, in order of their names.</summary>
    public IReadOnlyList<CachedModel> ListCached() => _cache.List();

    /// <summary>Deletes a model from the cache. It must not be loaded anywhere.</summary>
    /// <exception cref="ArgumentException">Its folder lies outside the cache.</exception>
    /// <exception cref="Gemma4DownloadException">It is being downloaded.</exception>
    public void Remove(CachedModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        _cache.Remove(model);
    }

    /// <summary>A complete folder in the cache, without asking the network; null when there is none.</summary>
    internal string? FindCached(ModelReference model)
    {
        string? found = _cache.Find(model);
        if (found is not null)
        {
            _cache.Touch(found);
        }

        return found;
    }

    internal Gemma4DownloadException NotAllowed(ModelReference model) => _cache.NotHere(
        model, $"Run 'gemma4 pull {model}', or set Gemma4Options.Download.Allow to true to fetch it at first use.");

    private async Task<string> FetchAsync(ModelReference model, ProgressMeter meter, CancellationToken cancellationToken)
    {
        meter.Enter(ModelDownloadPhase.Listing);
        using HubClient hub = new(_settings);
        RetryPolicy retry = new(_settings);
        HubListing listing = await hub.ListAsync(model, retry, cancellationToken).ConfigureAwait(false);
        ModelVariant variant = VariantChoice.Choose(listing, model, _settings);
        ModelManifest plan = new(model.Repository, model.Revision, listing.Commit, variant.Name, _settings.SelectionKey, variant.Files);
        string destination = _cache.FolderOf(model, listing.Commit, variant.Name);

        using DownloadLock taken = await DownloadLock.TakeAsync(
            _cache.LockOf(model), _settings, () => meter.Enter(ModelDownloadPhase.WaitingForOther), cancellationToken).ConfigureAwait(false);
        if (!IsThere(destination, plan))
        {
            var staging = StagingFolder.Open(_cache.StagingOf(model, variant.Name), plan);
            RequireSpace(staging, variant, model);
            meter.Start(variant.Bytes, variant.Files.Count);
            FileFetch fetch = new(hub, model, listing.Commit, staging, retry, meter, _settings);
            // Large files first: the last one alone on the line would waste the others' places.
            await Parallel.ForEachAsync(
                variant.Files.OrderByDescending(file => file.Size),
                new ParallelOptions { MaxDegreeOfParallelism = _settings.MaxParallelFiles, CancellationToken = cancellationToken },
                async (file, token) => await fetch.RunAsync(file, token).ConfigureAwait(false)).ConfigureAwait(false);
            staging.Publish(destination);
        }

        if (_settings.OutputDirectory is null)
        {
            _cache.Remember(model, listing.Commit);
        }

        _cache.Touch(destination);
        meter.Enter(ModelDownloadPhase.Done);
        return destination;
    }

    /// <summary>Whether the destination already is the model; makes way where that harms nobody.</summary>
    private bool IsThere(string destination, ModelManifest plan)
    {
        if (!Directory.Exists(destination) || !Directory.EnumerateFileSystemEntries(destination).Any())
        {
            return File.Exists(destination)
                ? throw new Gemma4DownloadException($"'{destination}' is a file. Name a new folder.")
                : false;
        }

        if (ModelCache.Complete(destination) is { } there && there.Commit == plan.Commit && there.Model == plan.Model
            && there.Files.Select(file => (file.Path, file.Hash)).SequenceEqual(plan.Files.Select(file => (file.Target, file.Hash))))
        {
            return true;
        }

        if (_settings.OutputDirectory is not null)
        {
            throw new Gemma4DownloadException($"'{destination}' is not empty and is not this model. Name a new folder, or remove this one.");
        }

        // In the cache it is ours, and somebody took a file out of it.
        Directory.Delete(destination, recursive: true);
        return false;
    }

    private void RequireSpace(StagingFolder staging, ModelVariant variant, ModelReference model)
    {
        long needed = variant.Files.Sum(file => file.Size - staging.Present(file));
        if (_settings.FreeSpace(staging.Directory) is { } free && free < needed)
        {
            throw new Gemma4DownloadException(
                $"'{model}' needs {DownloadSettings.Size(needed)} more and '{staging.Directory}' has {DownloadSettings.Size(free)} free. Make room, or choose another folder (GEMMA4_CACHE, --output).");
        }
    }
}
