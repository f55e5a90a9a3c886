using System.Globalization;
using Gemma4.Generation;
using Microsoft.ML.OnnxRuntime;

namespace Gemma4.OnnxRuntime;

/// <summary>
/// One sequence on its own binding. Everything is bound once; a step of one token writes the id in place and makes one
/// new value, the mask, whose length is how the graph learns the length of the sequence.
/// </summary>
internal sealed class OnnxGenerationSession : IGenerationSession
{
    private readonly OnnxGenerationEngine _engine;
    private readonly DecoderGraph _graph;

    // A session belongs to one thread, but the engine may be disposed from another.
    private readonly Lock _gate = new();
    private readonly RunOptions _runOptions = new();
    private readonly OrtIoBinding _binding;
    private readonly SessionCache _cache;
    private readonly StepLogits _logits;
    private readonly PinnedIntegers _ids;
    private readonly PinnedIntegers _positions;
    private readonly PinnedIntegers _mask;
    private readonly long[] _maskShape = [1, 0];

    private OrtValue? _idValue;
    private OrtValue? _positionValue;
    private OrtValue? _maskValue;
    private int _boundTokens;
    private bool _hasLogits;
    private bool _disposed;

    internal OnnxGenerationSession(OnnxGenerationEngine engine, DecoderGraph graph, OrtIoBinding binding, SessionCache cache)
    {
        _engine = engine;
        _graph = graph;
        _binding = binding;
        _cache = cache;
        _logits = new StepLogits(graph, engine.VocabularySize);
        _ids = new PinnedIntegers(graph.IdType);
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
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            Check(tokens);
            cancellationToken.ThrowIfCancellationRequested();

            int total = Length + tokens.Length;
            try
            {
                _cache.EnsureCapacity(total, Length, _binding);
                Bind(tokens, total);
                Run(cancellationToken);
                ReadLogits(tokens.Length);
            }
            catch (OnnxRuntimeException exception)
            {
                _boundTokens = 0;
                if (cancellationToken.IsCancellationRequested)
                {
                    throw new OperationCanceledException("The step was cancelled; the session is as it was before.", exception, cancellationToken);
                }

                throw OnnxFailure.Run(_graph.ModelPath, exception);
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

            // Rows past the length are never read, so forgetting them is enough.
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
            _binding.Dispose();
            _idValue?.Dispose();
            _positionValue?.Dispose();
            _maskValue?.Dispose();
            _logits.Dispose();
            _cache.Dispose();
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

        // .NET spans cannot reach into a tensor of 2 GiB.
        if (!_graph.LastPositionOnly && (long)tokens.Length * _engine.VocabularySize * sizeof(float) > int.MaxValue)
        {
            throw new ArgumentException(
                string.Create(CultureInfo.InvariantCulture, $"{tokens.Length} tokens in one step are too many for a graph that returns logits for every position. Lower Gemma4Options.PrefillChunkSize."),
                nameof(tokens));
        }
    }

    private void Bind(ReadOnlySpan<int> tokens, int total)
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
                _positions.Set(index, Length + index);
            }
        }

        BindMask(total);
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
        if (_graph.PositionIds is { } name)
        {
            Rebind(name, _positions, count, shape, ref _positionValue);
        }

        _boundTokens = count;
    }

    private void Rebind(string name, PinnedIntegers numbers, int count, long[] shape, ref OrtValue? value)
    {
        if (numbers.Capacity < count)
        {
            numbers.Grow(count);
        }

        OrtValue fresh = numbers.CreateValue(shape);
        _binding.BindInput(name, fresh);
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

    private void Run(CancellationToken cancellationToken)
    {
        if (!cancellationToken.CanBeCanceled)
        {
            _engine.Native.RunWithBinding(_runOptions, _binding);
            return;
        }

        try
        {
            // Disposing the registration waits for a callback under way, so the flag is not set again after the reset.
            using (cancellationToken.UnsafeRegister(static state => ((RunOptions)state!).Terminate = true, _runOptions))
            {
                _engine.Native.RunWithBinding(_runOptions, _binding);
            }
        }
        finally
        {
            if (cancellationToken.IsCancellationRequested)
            {
                _runOptions.Terminate = false;
            }
        }
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
