using Microsoft.Extensions.Logging;

namespace Gemma4.Models;

/// <summary>Loads the model once, hands out leases, frees it after idle time or on disposal, never under a running lease.</summary>
internal sealed class ModelHost : IDisposable
{
    private readonly Gemma4Options _options;
    private readonly string _modelId;
    private readonly ModelSource _source;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;
    private readonly SemaphoreSlim _loading = new(1, 1);
    private readonly Lock _gate = new();
    private readonly ITimer? _idleTimer;
    private LoadedModel? _model;
    private int _leases;
    private bool _disposed;

    public ModelHost(Gemma4Options options, string modelId, TimeProvider timeProvider, ILogger logger)
    {
        _options = options;
        _modelId = modelId;
        _source = new ModelSource(options, timeProvider);
        _timeProvider = timeProvider;
        _logger = logger;
        if (options.UnloadAfterIdle is not null)
        {
            _idleTimer = timeProvider.CreateTimer(_ => UnloadIfIdle(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>The model if it is loaded, else null. For its figures only: it can be unloaded meanwhile, and idle time goes on.</summary>
    public LoadedModel? Peek()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, typeof(Gemma4ChatClient));
            return _model;
        }
    }

    public async Task<ModelLease> AcquireAsync(CancellationToken cancellationToken)
    {
        if (TryLease() is { } lease)
        {
            return lease;
        }

        // Before the queue for loading: callers share a download, and each may give up on it alone.
        string directory = await _source.ResolveAsync(cancellationToken).ConfigureAwait(false);
        await _loading.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            // Another caller may have loaded it while this one waited.
            if (TryLease() is { } loaded)
            {
                return loaded;
            }

            LoadedModel model = await Task.Run(() => Load(directory), cancellationToken).ConfigureAwait(false);
            lock (_gate)
            {
                if (_disposed)
                {
                    model.Dispose();
                    throw new ObjectDisposedException(nameof(Gemma4ChatClient));
                }

                _model = model;
                _leases++;
                return new ModelLease(this, model);
            }
        }
        finally
        {
            _loading.Release();
        }
    }

    public void Dispose()
    {
        LoadedModel? idle;
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            idle = _leases == 0 ? _model : null;
            _model = _leases == 0 ? null : _model;
        }

        _source.Dispose();
        _idleTimer?.Dispose();
        idle?.Dispose();
    }

    internal void Release()
    {
        LoadedModel? orphan = null;
        lock (_gate)
        {
            _leases--;
            if (_leases == 0)
            {
                if (_disposed)
                {
                    (orphan, _model) = (_model, null);
                }
                else if (_options.UnloadAfterIdle is { } idle)
                {
                    _idleTimer!.Change(idle, Timeout.InfiniteTimeSpan);
                }
            }
        }

        orphan?.Dispose();
    }

    private ModelLease? TryLease()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, typeof(Gemma4ChatClient));
            if (_model is not { } model)
            {
                return null;
            }

            _leases++;
            _idleTimer?.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            return new ModelLease(this, model);
        }
    }

    private LoadedModel Load(string directory)
    {
        long start = _timeProvider.GetTimestamp();
        LoadedModel model = LoadedModel.Load(_options, directory, _modelId, _timeProvider, _logger);
        Gemma4Log.ModelLoaded(_logger, model.Folder.Directory, _timeProvider.GetElapsedTime(start).TotalMilliseconds, model.Engine.MaxContextTokens);
        if (model.Folder.IgnoredParts.Count > 0)
        {
            Gemma4Log.PartsIgnored(_logger, model.Folder.Directory, string.Join(", ", model.Folder.IgnoredParts));
        }

        return model;
    }

    private void UnloadIfIdle()
    {
        // The memory of two models may not be there: nobody loads until this one is gone. Whoever loads now has found no
        // model, or has a lease of it and sets the timer again.
        if (!_loading.Wait(TimeSpan.Zero))
        {
            return;
        }

        try
        {
            LoadedModel? idle;
            lock (_gate)
            {
                if (_leases > 0 || _disposed || _model is null)
                {
                    return;
                }

                (idle, _model) = (_model, null);
            }

            Free(idle);
        }
        finally
        {
            _loading.Release();
        }
    }

    // Nobody is there to catch what an engine throws: it would end the process.
    private void Free(LoadedModel model)
    {
        try
        {
            model.Dispose();
            Gemma4Log.ModelUnloaded(_logger, model.Folder.Directory);
        }
        catch (Exception exception)
        {
            Gemma4Log.UnloadFailed(_logger, exception, model.Folder.Directory);
        }
    }
}
