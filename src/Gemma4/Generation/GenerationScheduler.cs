using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;

namespace Gemma4.Generation;

/// <summary>
/// Runs all requests of one engine on one thread: in turn a step for every response that grows, several in one where
/// the engine can, and a piece of one prompt that is being read. Safe for concurrent use.
/// </summary>
internal sealed class GenerationScheduler : IDisposable
{
    // A new thread costs a short answer more than waiting for the next request does.
    private static readonly TimeSpan Linger = TimeSpan.FromSeconds(1);

    private readonly TimeProvider _timeProvider;
    private readonly EngineMetrics _metrics;
    private readonly RequestQueue _queue;
    private readonly PrefixCache _cache;
    private readonly StepPlan _plan = new();
    private readonly DecodeRound _round;
    private readonly int _chunkSize;
    private readonly int _mostGuessed;

    private readonly Lock _gate = new();
    private readonly AutoResetEvent _work = new(initialState: false);
    private Thread? _thread;
    private bool _closed;

    // Of the thread alone.
    private readonly List<GenerationRequest> _prefilling = [];
    private readonly List<GenerationRequest> _decoding = [];
    private readonly List<(GenerationRequest Request, Exception? Error)> _fed = [];
    private readonly PromptTurns _turns;

    public GenerationScheduler(IGenerationEngine engine, Gemma4Options options, string modelId, TimeProvider timeProvider, ILogger logger)
    {
        _timeProvider = timeProvider;
        _metrics = new EngineMetrics(modelId, logger);
        _queue = new RequestQueue(options.Scheduling, timeProvider, _metrics, End);
        _cache = new PrefixCache(engine, options.PrefixCache, _metrics);
        _turns = new PromptTurns(_prefilling, _cache);
        _chunkSize = options.PrefillChunkSize;
        _mostGuessed = options.MaxDraftTokens;
        _round = new DecodeRound(engine, options.Scheduling.MaxBatchSize, _cache, _metrics, logger);
    }

    /// <summary>Requests that wait.</summary>
    public int QueuedRequests => _queue.Waiting;

    /// <summary>Requests that run.</summary>
    public int RunningRequests => _queue.Running;

    /// <summary>Whether the next request would be refused.</summary>
    public bool IsFull => _queue.IsFull;

    public PrefixCacheStatistics CacheStatistics => _cache.Statistics;

    /// <summary>Takes a request on. What it becomes is read from <see cref="GenerationRequest.Output"/>.</summary>
    /// <exception cref="Gemma4BusyException">The queue is full.</exception>
    public void Enqueue(GenerationRequest request)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closed, typeof(Gemma4ChatClient));
            _queue.Add(request);
            if (_thread is null)
            {
                _thread = new Thread(Work) { IsBackground = true, Name = "Gemma4 scheduler" };

                // Not with what flows with this caller: the thread serves all of them.
                _thread.UnsafeStart();
            }
        }

        // Outside the gate: a token that is cancelled already calls back at once.
        request.QueueRegistration = request.Cancellation.UnsafeRegister(_ => Withdraw(request), null);
        _work.Set();
    }

    /// <summary>Fails what waits, ends what runs, and frees the sessions. The engine is not disposed.</summary>
    public void Dispose()
    {
        Thread? thread;
        lock (_gate)
        {
            if (_closed)
            {
                return;
            }

            _closed = true;
            thread = _thread;
        }

        _work.Set();
        thread?.Join();
        _cache.Dispose();
        _work.Dispose();
    }

    private void Work()
    {
        while (true)
        {
            try
            {
                Admit();
                DropCancelled(_prefilling);
                DropCancelled(_decoding);
                DecodeOnce();
                PrefillOnce();
            }
            catch (Exception exception)
            {
                FailAll(exception);
            }

            if (_prefilling.Count + _decoding.Count + _queue.Waiting > 0)
            {
                continue;
            }

            bool woken = _work.WaitOne(Linger);
            lock (_gate)
            {
                if (_queue.Waiting == 0 && (_closed || !woken))
                {
                    _thread = null;
                    return;
                }
            }
        }
    }

    // What no request is to blame for, such as a logger that throws: nobody may wait for ever, and the process must not
    // end for it.
    private void FailAll(Exception exception)
    {
        _fed.Clear();
        foreach (GenerationRequest request in (GenerationRequest[])[.. _prefilling, .. _decoding])
        {
            Finish(request, exception);
        }
    }

    private void Admit()
    {
        if (_closed)
        {
            _queue.Close();
        }

        while (_queue.TryStart() is { } request)
        {
            // In a list before anything can throw, so that it is ended in any case.
            _prefilling.Add(request);
            _metrics.LeftQueue();
            _metrics.Started(_timeProvider.GetElapsedTime(request.QueuedAt, request.StartedAt));
        }
    }

    private void DropCancelled(List<GenerationRequest> requests)
    {
        for (int i = requests.Count - 1; i >= 0; i--)
        {
            if (_closed)
            {
                Finish(requests[i], new ObjectDisposedException(nameof(Gemma4ChatClient)));
            }
            else if (requests[i].Cancellation.IsCancellationRequested)
            {
                Finish(requests[i], new OperationCanceledException(requests[i].Cancellation));
            }
        }
    }

    private void DecodeOnce()
    {
        if (_decoding.Count == 0)
        {
            return;
        }

        long start = _timeProvider.GetTimestamp();
        _round.Run(_decoding, _fed);
        foreach ((GenerationRequest request, Exception? error) in _fed)
        {
            Guard(request, error, Continue);
        }

        _fed.Clear();
        _plan.Decoded(_timeProvider.GetElapsedTime(start));
    }

    private void PrefillOnce()
    {
        bool othersWait = _decoding.Count > 0;
        if (_turns.Next(othersWait ? _plan : null) is not { } request)
        {
            return;
        }

        long start = _timeProvider.GetTimestamp();
        Guard(request, null, ReadPiece);
        if (othersWait && !request.IsApart)
        {
            _plan.Waited(_timeProvider.GetElapsedTime(start));
        }
    }

    private void ReadPiece(GenerationRequest request)
    {
        if (request.Errand is { } errand)
        {
            errand(_cache);
            Finish(request);
            return;
        }

        if (request.Session is null)
        {
            Begin(request);
        }

        CachedSession session = request.Session!;
        int start = session.Tokens.Length;
        int end = start + Math.Min(request.Prompt.Length - start, _chunkSize);
        if (start < request.KeepCopyAt)
        {
            end = Math.Min(end, request.KeepCopyAt);
        }

        _cache.Append(session, request.Prompt.AsSpan(start..end), rows: end < request.Prompt.Length ? 0 : 1, request.Cancellation);
        request.PiecesRead++;
        if (end == request.KeepCopyAt)
        {
            _cache.KeepCopy(session);
        }

        if (end < request.Prompt.Length)
        {
            return;
        }

        request.PrefilledAt = _timeProvider.GetTimestamp();
        _metrics.Prefilled(request.Prompt.Length, request.CachedTokens, _timeProvider.GetElapsedTime(request.StartedAt, request.PrefilledAt));
        if (request.Generation is not { } generation)
        {
            if (request.WhenRead?.Invoke(_cache, session) is { } next)
            {
                request.GoOnWith(next, _timeProvider.GetTimestamp());
                return;
            }

            Finish(request);
            return;
        }

        if (_mostGuessed > 0 && session.Session is IDraftSession)
        {
            request.Speculation = new Speculation(_mostGuessed, _metrics);
        }

        _prefilling.Remove(request);
        _decoding.Add(request);
        List<AIContent> contents = [];
        generation.Begin(request.Prompt, contents);
        if (generation.Unread.IsEmpty)
        {
            generation.Advance(session.Session.Logits, contents);
        }

        Deliver(request, contents);
    }

    private void Begin(GenerationRequest request)
    {
        if (request.IsApart)
        {
            request.Session = _cache.Open(request.AdapterFile);
            return;
        }

        List<CachedSession> running = [.. _prefilling.Concat(_decoding).Select(other => other.Session).OfType<CachedSession>()];
        request.Session = _cache.Rent(request.Prompt, request.AdapterFile, running);
        request.CachedTokens = request.Session.Tokens.Length;
        request.KeepCopyAt = _cache.WorthKeepingAt(request.Prompt, request.AdapterFile, running, request.CachedTokens);
    }

    private void Continue(GenerationRequest request)
    {
        List<AIContent> contents = [];
        if (request.IsGuessed)
        {
            request.Speculation!.Advance(request, contents);
        }
        else
        {
            request.Generation!.MarkRead();
            request.Generation.Advance(request.Session!.Session.Logits, contents);
        }

        Deliver(request, contents);
    }

    private void Deliver(GenerationRequest request, List<AIContent> contents)
    {
        if (contents.Count > 0)
        {
            request.Write(contents);
        }

        if (request.Generation!.FinishReason is not null)
        {
            Finish(request);
        }
    }

    // What fails fails one request and no other.
    private void Guard(GenerationRequest request, Exception? error, Action<GenerationRequest> work)
    {
        if (error is not null)
        {
            Finish(request, error);
            return;
        }

        try
        {
            work(request);
        }
        catch (Exception exception)
        {
            Finish(request, exception);
        }
    }

    private void Finish(GenerationRequest request, Exception? error = null)
    {
        _prefilling.Remove(request);
        _decoding.Remove(request);
        try
        {
            // A cancelled step has left the session as it was; after any other failure nobody knows.
            if (request is { IsApart: false, Session: { } whole } && error is null or OperationCanceledException)
            {
                _cache.Return(whole);
            }
            else
            {
                request.Session?.Dispose();
            }
        }
        catch (Exception exception)
        {
            // The request has to end, whatever its session does.
            error ??= exception;
        }

        if (request.Generation is { OutputTokens: > 0 } generation)
        {
            _metrics.Decoded(generation.OutputTokens, _timeProvider.GetElapsedTime(request.PrefilledAt));
        }

        // Before the caller goes on: it may look.
        _queue.Ended(request);
        _metrics.Ended();
        End(request, error);
    }

    private void End(GenerationRequest request, Exception? error)
    {
        request.EndedAt = _timeProvider.GetTimestamp();
        request.QueueRegistration.Unregister();
        request.Complete(error);
        request.Release();
    }

    private void Withdraw(GenerationRequest request)
    {
        if (!_queue.Withdraw(request))
        {
            _work.Set();
        }
    }
}
