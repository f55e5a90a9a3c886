using System.Globalization;
using Gemma4.Generation;
using Microsoft.ML.OnnxRuntime;

namespace Gemma4.OnnxRuntime;

/// <summary>
/// One sequence on its own binding. Everything is bound once; a step of one token writes the id in place and makes one
/// new value, the mask, whose length is how the graph learns the length of the sequence. Caches that grow add new values.
/// </summary>
internal sealed partial class OnnxGenerationSession : IForkableSession
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
    private readonly ExportInputs _exportInputs;
    private readonly SessionCache _cache;
    private readonly StepLogits _logits;
    private readonly PinnedIntegers _ids;
    private readonly PinnedIntegers _positions;
    private readonly PinnedIntegers _mask;
    private readonly long[] _maskShape = [1, 0];
    private readonly int _longestStep;

    private OrtValue? _idValue;
    private OrtValue? _positionValue;
    private OrtValue? _maskValue;
    private int _boundTokens;
    private bool _hasLogits;
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
        Adapter = adapter;
        _embeddingGraph = embeddingGraph;
        _embedding = embedding;
        _exportInputs = new ExportInputs(graph, binding);
        _longestStep = graph.LastPositionOnly
            ? int.MaxValue
            : (int)Math.Max(1, engine.MostLogitBytes / ((long)engine.VocabularySize * sizeof(float)));
        _engine = engine;
        _graph = graph;
        _binding = binding;
        _cache = cache;
        if (cache is InPlaceCache inPlace)
        {
            inPlace.Session = this;
        }

        _logits = new StepLogits(graph, engine.VocabularySize);
        _ids = new PinnedIntegers(embeddingGraph?.IdType ?? graph.IdType);
        _positions = new PinnedIntegers(graph.PositionType);
        _mask = new PinnedIntegers(graph.MaskType);
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

    public void Append(ReadOnlySpan<int> tokens, CancellationToken cancellationToken = default)
    {
        try
        {
            AppendOnce(tokens, cancellationToken);
        }
        catch (Gemma4CacheFullException)
        {
            // No filter: that would run before the gate is free.
            if (!_engine.FreeSpareSlots())
            {
                throw;
            }

            AppendOnce(tokens, cancellationToken);
        }
    }

    private void AppendOnce(ReadOnlySpan<int> tokens, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            Check(tokens);
            cancellationToken.ThrowIfCancellationRequested();

            int total = Length + tokens.Length;
            string running = _graph.ModelPath;
            try
            {
                _cache.EnsureCapacity(total, Length);
                for (int start = 0; start < tokens.Length; start += _longestStep)
                {
                    // Nothing below changes what the session holds before the last part is through.
                    cancellationToken.ThrowIfCancellationRequested();
                    int count = Math.Min(_longestStep, tokens.Length - start);
                    Step(tokens.Slice(start, count), Length + start, ref running, cancellationToken);
                    if (start + count == tokens.Length)
                    {
                        ReadLogits(count);
                        break;
                    }
                }
            }
            catch (OnnxRuntimeException exception)
            {
                _boundTokens = 0;
                if (cancellationToken.IsCancellationRequested)
                {
                    throw new OperationCanceledException("The step was cancelled; the session is as it was before.", exception, cancellationToken);
                }

                throw OnnxFailure.Run(running, exception);
            }

            Length = total;
            _hasLogits = true;
        }
    }

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
            _hasLogits = false;
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
            _exportInputs.Dispose();
            _idValue?.Dispose();
            _positionValue?.Dispose();
            _maskValue?.Dispose();
            _logits.Dispose();
            _runOptions.Dispose();
        }

        _engine.Forget(this);
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

    /// <summary>One run over tokens that follow the first <paramref name="held"/>.</summary>
    private void Step(ReadOnlySpan<int> tokens, int held, ref string running, CancellationToken cancellationToken)
    {
        _cache.Bind(held, tokens.Length, _binding);
        Bind(tokens, held);
        if (_embedding is not null)
        {
            running = _embeddingGraph!.ModelPath;
            NativeRun.Run(_engine.NativeEmbedding!, _runOptions, _embedding.Binding, cancellationToken);
            running = _graph.ModelPath;
        }

        NativeRun.Run(_engine.Native, _runOptions, _binding, cancellationToken);
        _cache.Accept(held + tokens.Length);
    }

    private void Bind(ReadOnlySpan<int> tokens, int held)
    {
        if (tokens.Length != _boundTokens)
        {
            BindIds(tokens.Length);
        }

        for (int index = 0; index < tokens.Length; index++)
        {
            _ids.Set(index, tokens[index]);
        }

        if (_graph.PositionIds is not null)
        {
            for (int index = 0; index < tokens.Length; index++)
            {
                _positions.Set(index, held + index);
            }
        }

        BindMask(held + tokens.Length);
        _exportInputs.Set(held);
        if (WritesOneRow(tokens.Length))
        {
            _binding.BindOutput(_graph.Logits, _logits.Target);
        }
        else
        {
            _binding.BindOutputToDevice(_graph.Logits, OrtMemoryInfo.DefaultInstance);
        }
    }

    private void BindIds(int count)
    {
        _boundTokens = 0;
        long[] shape = [1, count];
        Rebind(_graph.InputIds, _ids, count, shape, ref _idValue);
        _embedding?.Bind(_idValue!, count);
        if (_graph.PositionIds is { } name)
        {
            Rebind(name, _positions, count, shape, ref _positionValue);
        }

        _boundTokens = count;
    }

    private void Rebind(string? name, PinnedIntegers numbers, int count, long[] shape, ref OrtValue? value)
    {
        if (numbers.Capacity < count)
        {
            numbers.Grow(count);
        }

        OrtValue fresh = numbers.CreateValue(shape);
        if (name is not null)
        {
            _binding.BindInput(name, fresh);
        }

        value?.Dispose();
        value = fresh;
    }

    private void BindMask(int total)
    {
        if (_mask.Capacity < total)
        {
            _mask.Grow(_cache.Capacity);
            _mask.Fill(1);
        }

        _maskShape[1] = total;
        OrtValue fresh = _mask.CreateValue(_maskShape);
        _binding.BindInput(_graph.AttentionMask, fresh);
        _maskValue?.Dispose();
        _maskValue = fresh;
    }

    private void ReadLogits(int tokens)
    {
        if (WritesOneRow(tokens))
        {
            _logits.Accept();
            return;
        }

        int index = Array.IndexOf(_binding.GetOutputNames(), _graph.Logits);
        using IDisposableReadOnlyCollection<OrtValue> outputs = _binding.GetOutputValues();
        _logits.AcceptLastRow(outputs[index]);
    }

    private bool WritesOneRow(int tokens) => _graph.LastPositionOnly || tokens == 1;
}
