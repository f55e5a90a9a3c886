using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;

namespace Gemma4.Generation;

/// <summary>Feeds every response under way the tokens that it has picked last: several in one step where the engine can.</summary>
internal sealed class DecodeRound(IGenerationEngine engine, int maxBatchSize, PrefixCache cache, EngineMetrics metrics, ILogger logger)
{
    private readonly IBatchEngine? _batching = engine as IBatchEngine;
    private readonly int _batchSize = engine is IBatchEngine batching ? Math.Min(batching.MaxBatchSize, maxBatchSize) : 1;
    private readonly List<GenerationRequest> _waiting = [];
    private readonly List<GenerationRequest> _batch = [];
    private readonly List<IGenerationSession> _sessions = [];
    private readonly List<int> _tokens = [];
    private bool _hasFailed; // the last step for several

    /// <summary>Adds each request with what it failed with, or null where its session has the next logits.</summary>
    public void Run(List<GenerationRequest> requests, List<(GenerationRequest Request, Exception? Error)> results)
    {
        // A round that threw may have left some, which have ended since.
        _waiting.Clear();
        bool alone = requests.Count == 1;
        foreach (GenerationRequest request in requests)
        {
            if (_batchSize > 1 && !alone && request.Generation!.Unread.Length == 1)
            {
                _waiting.Add(request);
            }
            else
            {
                results.Add((request, FeedAlone(request, alone)));
            }
        }

        while (_waiting.Count > 0)
        {
            TakeBatch();
            Feed(results);
        }
    }

    // Rows of one step run through the same weights.
    private void TakeBatch()
    {
        _batch.Clear();
        string? adapter = _waiting[0].AdapterFile;
        for (int i = 0; i < _waiting.Count && _batch.Count < _batchSize;)
        {
            if (_waiting[i].AdapterFile == adapter)
            {
                _batch.Add(_waiting[i]);
                _waiting.RemoveAt(i);
            }
            else
            {
                i++;
            }
        }
    }

    private void Feed(List<(GenerationRequest, Exception?)> results)
    {
        bool together = _batch.Count > 1 && TryFeedTogether();
        foreach (GenerationRequest request in _batch)
        {
            // Alone, a request that cannot go on fails by itself.
            results.Add((request, together ? null : FeedAlone(request, mayGuess: false)));
        }
    }

    private bool TryFeedTogether()
    {
        _sessions.Clear();
        _tokens.Clear();
        foreach (GenerationRequest request in _batch)
        {
            _sessions.Add(request.Session!.Session);
            _tokens.Add(request.Generation!.Unread[0]);
        }

        try
        {
            _batching!.AppendEach(
                CollectionsMarshal.AsSpan(_sessions), CollectionsMarshal.AsSpan(_tokens), CancellationToken.None);
        }
        catch (Exception exception)
        {
            // No session has changed; whose fault it was shows when each goes alone. Said once, not at every token.
            if (!_hasFailed)
            {
                _hasFailed = true;
                Gemma4Log.BatchFailed(logger, exception, _batch.Count);
            }

            return false;
        }

        _hasFailed = false;

        for (int i = 0; i < _batch.Count; i++)
        {
            _batch[i].Session!.Note(_tokens[i]);
            _batch[i].IsGuessed = false;
        }

        metrics.Stepped(_batch.Count);
        return true;
    }

    // Beside others a step costs nobody else anything; guesses would.
    private Exception? FeedAlone(GenerationRequest request, bool mayGuess)
    {
        try
        {
            request.IsGuessed = mayGuess && request.Speculation is not null;
            if (request.IsGuessed)
            {
                request.Speculation!.Append(request, cache, engine.MaxContextTokens);
            }
            else
            {
                cache.Append(request.Session!, request.Generation!.Unread, rows: 1, request.Cancellation);
            }

            metrics.Stepped(1);
            return null;
        }
        catch (Exception exception)
        {
            return exception;
        }
    }
}
