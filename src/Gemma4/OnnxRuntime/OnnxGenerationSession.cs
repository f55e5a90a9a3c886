using System.Globalization;
using Gemma4.Generation;
using Microsoft.ML.OnnxRuntime;

namespace Gemma4.OnnxRuntime;

/// <summary>One sequence on its own binding and its own cache, or in a slot of a cache that it shares with others.</summary>
internal partial class OnnxGenerationSession : IForkableSession, IPromptSession
{
    private readonly OnnxGenerationEngine _engine;
    private readonly DecoderGraph _graph;
    private readonly EmbeddingGraph? _embeddingGraph;

    // A session belongs to one thread, but the engine may be disposed from another, a fork may be taken from a third, and
    // a step of several sessions may have to move this one's rows.
    private readonly Lock _gate = new();
    private readonly RunOptions _runOptions = new();
    private readonly OrtIoBinding _binding;
    private readonly EmbeddingStep? _embedding;
    private readonly StepInputs _inputs;
    private readonly SessionCache _cache;
    private readonly StepLogits _logits;
    private readonly int _longestStep;

    // Where caches keep a window only, going back far means to run the tokens again; and a saved session tells them.
    private readonly List<int> _tokens = [];
    private int _computed; // tokens whose rows the cache holds; fewer than the length after going back that far
    private bool _hasLogits;
    private bool _boundUnscored; // the last run scored nothing
    private bool _disposed;

    internal OnnxGenerationSession(
        OnnxGenerationEngine engine,
        DecoderGraph graph,
        EmbeddingGraph? embeddingGraph,
        OrtIoBinding binding,
        EmbeddingStep? embedding,
        SessionCache cache,
        LoadedAdapter? adapter)
    {
        _engine = engine;
        _graph = graph;
        _embeddingGraph = embeddingGraph;
        _binding = binding;
        _embedding = embedding;
        _cache = cache;
        Adapter = adapter;
        if (cache is InPlaceCache inPlace)
        {
            inPlace.Session = this;
        }

        _inputs = new StepInputs(graph, embeddingGraph, binding, embedding);
        _logits = new StepLogits(graph, engine.VocabularySize);
        int mostRows = (int)Math.Clamp(engine.MostLogitBytes / ((long)engine.VocabularySize * sizeof(float)), 1, int.MaxValue);
        _longestStep = Math.Min(graph.LastPositionOnly ? int.MaxValue : mostRows, graph.Window?.Slack ?? int.MaxValue);
    }

    public int Length { get; private set; }

    public ReadOnlySpan<float> Logits
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _hasLogits
                ? _logits.Current
                : throw new InvalidOperationException("The session has no logits: nothing was appended since it was opened or rewound. Append at least one token.");
        }
    }

    /// <summary>Positions that the last append scored; 0 before the first.</summary>
    private protected int ScoredRows => _logits.Count;

    public void Append(ReadOnlySpan<int> tokens, CancellationToken cancellationToken = default) =>
        Append(tokens, rows: 1, cancellationToken);

    public void AppendUnscored(ReadOnlySpan<int> tokens, CancellationToken cancellationToken) =>
        Append(tokens, FewestRows, cancellationToken);

    public void RewindTo(int length)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (length < 0 || length > Length)
            {
                throw new ArgumentOutOfRangeException(
                    nameof(length), length, string.Create(CultureInfo.InvariantCulture, $"The session holds {Length} tokens; rewind to 0 up to {Length}."));
            }

            // The cache drops what lies past the length at the next step.
            Length = length;
            _tokens.RemoveRange(length, _tokens.Count - length);
            _hasLogits = false;
            ReturnTo(Math.Min(length, _computed));
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            _cache.Dispose();
            _binding.Dispose();
            _embedding?.Dispose();
            _inputs.Dispose();
            _logits.Dispose();
            _runOptions.Dispose();
        }

        _engine.Forget(this);
    }

    /// <param name="tokens">The tokens.</param>
    /// <param name="rows">How many of the last ones to score; more than one only for graphs that ask, none for those that can.</param>
    /// <param name="cancellationToken">Ends the step.</param>
    private protected void Append(ReadOnlySpan<int> tokens, int rows, CancellationToken cancellationToken)
    {
        try
        {
            AppendOnce(tokens, rows, cancellationToken);
        }
        catch (Gemma4CacheFullException)
        {
            // No filter: that would run before the gate is free.
            if (!_engine.FreeSpareSlots())
            {
                throw;
            }

            AppendOnce(tokens, rows, cancellationToken);
        }
    }

    private protected ReadOnlySpan<float> ScoredRow(int row)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return _logits.Row(row);
    }

    private void AppendOnce(ReadOnlySpan<int> tokens, int rows, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            Check(tokens);
            if (rows > _longestStep)
            {
                throw new ArgumentOutOfRangeException(
                    nameof(rows), rows, string.Create(CultureInfo.InvariantCulture, $"{rows} positions are to be scored; a step scores at most {_longestStep}. Append in parts."));
            }

            cancellationToken.ThrowIfCancellationRequested();
            _cache.EnsureCapacity(Length + tokens.Length, _computed);
            Replay(cancellationToken);
            int held = Length;
            try
            {
                // Nothing here changes what the session holds before the last part is through.
                for (ReadOnlySpan<int> rest = tokens; !rest.IsEmpty;)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    int count = rest.Length <= _longestStep ? rest.Length : Math.Min(_longestStep, rest.Length - rows);
                    Step(rest[..count], held, count == rest.Length ? rows : FewestRows, cancellationToken);
                    held += count;
                    if (count == rest.Length && rows > 0)
                    {
                        ReadLogits(count, rows);
                    }

                    rest = rest[count..];
                }
            }
            catch
            {
                ReturnTo(Length);
                throw;
            }

            Length = _computed = held;
            _tokens.AddRange(tokens);
            _hasLogits = rows > 0;
        }
    }

    private void Check(ReadOnlySpan<int> tokens)
    {
        if (tokens.IsEmpty)
        {
            throw new ArgumentException("There are no tokens to append. Give at least one.", nameof(tokens));
        }

        foreach (int token in tokens)
        {
            if ((uint)token >= (uint)_engine.VocabularySize)
            {
                throw new ArgumentException(
                    string.Create(CultureInfo.InvariantCulture, $"Token id {token} is outside the vocabulary of {_engine.VocabularySize} ids. Encode the text with the model's own tokenizer."),
                    nameof(tokens));
            }
        }

        if (tokens.Length > _engine.MaxContextTokens - Length)
        {
            throw new InvalidOperationException(string.Create(
                CultureInfo.InvariantCulture,
                $"{tokens.Length} tokens do not fit: the session holds {Length} of at most {_engine.MaxContextTokens}. Shorten the conversation or raise OnnxRuntimeOptions.MaxContextTokens or KvCacheMemoryBudget."));
        }
    }

    /// <summary>Sets how many tokens the cache counts as computed; none where its windows have gone past that length.</summary>
    private void ReturnTo(int length)
    {
        if (length > 0 && length >= _cache.EarliestLength)
        {
            _computed = length;
            return;
        }

        _computed = 0;
        _cache.Restart();
    }

    /// <summary>One run over tokens that follow the first <paramref name="held"/>.</summary>
    private void Step(ReadOnlySpan<int> tokens, int held, int rows, CancellationToken cancellationToken)
    {
        string running = _graph.ModelPath;
        try
        {
            _cache.Slide(held);
            _cache.Bind(held, tokens.Length, _binding);
            _inputs.Bind(tokens, held, _cache.WindowRows(held), rows, _cache.Capacity);
            if (rows == 0 || _boundUnscored)
            {
                _boundUnscored = true; // stays so if binding fails
                _cache.BindUnchanged(rows > 0, _binding);
                _boundUnscored = rows == 0;
            }

            if (rows > 0 && WritesRows(tokens.Length))
            {
                _binding.BindOutput(_graph.Logits, _logits.Target(rows));
            }
            else
            {
                _binding.BindOutputToDevice(_graph.Logits, OrtMemoryInfo.DefaultInstance);
            }

            if (_embedding is not null)
            {
                running = _embeddingGraph!.ModelPath;
                NativeRun.Run(_engine.NativeEmbedding!, _runOptions, _embedding.Binding, cancellationToken);
                running = _graph.ModelPath;
            }

            NativeRun.Run(_engine.Native, _runOptions, _binding, cancellationToken);
            _cache.Accept(held + tokens.Length);
        }
        catch (OnnxRuntimeException exception)
        {
            _inputs.Unbind();
            if (cancellationToken.IsCancellationRequested)
            {
                throw new OperationCanceledException("The step was cancelled; the session is as it was before.", exception, cancellationToken);
            }

            throw OnnxFailure.Run(running, exception);
        }
    }

    private void ReadLogits(int tokens, int rows)
    {
        if (WritesRows(tokens))
        {
            _logits.Accept(rows);
            return;
        }

        int index = Array.IndexOf(_binding.GetOutputNames(), _graph.Logits);
        using IDisposableReadOnlyCollection<OrtValue> outputs = _binding.GetOutputValues();
        _logits.AcceptLastRow(outputs[index]);
    }

    /// <summary>Rows of a step whose logits nobody reads.</summary>
    private int FewestRows => _graph.SkipsUnscored ? 0 : 1;

    /// <summary>Whether the step gives as many rows as are wanted, so that memory of the session's own can take them.</summary>
    private bool WritesRows(int tokens) => _graph.LastPositionOnly || tokens == 1;
}
