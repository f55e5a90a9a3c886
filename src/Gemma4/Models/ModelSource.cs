using Gemma4.Models.Download;

namespace Gemma4.Models;

/// <summary>
/// Where the model folder of a client is: a given path, the cache, or a download that all callers share. It goes on
/// while one caller waits and stops, to be continued later, when the last one has given up.
/// </summary>
internal sealed class ModelSource(Gemma4Options options, TimeProvider time) : IDisposable
{
    private readonly Lock _gate = new();
    private string? _directory = options.ModelPath;
    private Task<string>? _download;
    private CancellationTokenSource? _stop;
    private int _waiting;
    private bool _disposed;

    public async Task<string> ResolveAsync(CancellationToken cancellationToken)
    {
        // A model may be removed from the cache while a client has it unloaded.
        if (_directory is { } known && (options.Model is null || Directory.Exists(known)))
        {
            return known;
        }

        Task<string> download = Join();
        try
        {
            return _directory = await download.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            Leave(download);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            _stop?.Cancel();
        }
    }

    private Task<string> Join()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, typeof(Gemma4ChatClient));
            if (_download is null)
            {
                CancellationTokenSource stop = new();
                _stop = stop;
                _waiting = 0;
                _download = Task.Run(() => FindAsync(stop.Token), CancellationToken.None);
            }

            _waiting++;
            return _download;
        }
    }

    private void Leave(Task<string> download)
    {
        lock (_gate)
        {
            // After a failure or a stop the next caller begins a new one, and late leavers must not end that.
            if (download != _download || (--_waiting > 0 && !download.IsCompleted))
            {
                return;
            }

            _stop!.Cancel();
            (_download, _stop) = (null, null);
        }
    }

    private async Task<string> FindAsync(CancellationToken cancellationToken)
    {
        var model = ModelReference.Parse(options.Model!);
        var settings = DownloadSettings.From(options.Download, time, Environment.GetEnvironmentVariable) with { OnlyRunnable = true };
        Gemma4ModelDownloader downloader = new(settings);
        if (downloader.FindCached(model) is { } cached)
        {
            return cached;
        }

        if (!options.Download.Allow && !options.Download.Offline)
        {
            throw downloader.NotAllowed(model);
        }

        IProgress<ModelDownloadProgress>? progress = options.Download.Progress is { } report ? new Forward(report) : null;
        return await downloader.DownloadAsync(options.Model!, progress, cancellationToken).ConfigureAwait(false);
    }

    // Progress{T} would post to the thread pool, where reports overtake each other.
    private sealed class Forward(Action<ModelDownloadProgress> report) : IProgress<ModelDownloadProgress>
    {
        public void Report(ModelDownloadProgress value) => report(value);
    }
}
