using System.Globalization;
using Gemma4.Generation;
using Gemma4.OnnxRuntimeGenAI.Native;

namespace Gemma4.OnnxRuntimeGenAI;

/// <summary>
/// One conversation. It keeps its own tokens: a native generator that failed, was cancelled, is full or cannot rewind is
/// thrown away, and made again when the next token comes. Every native call is made with the engine's turn.
/// </summary>
internal sealed class NativeGenerationSession : IGenerationSession
{
    private readonly NativeGenerationEngine _engine;
    private readonly TokenHistory _history = new();
    private readonly LogitsBuffer _logits;
    private readonly string? _adapter;
    private OgaGeneratorHandle? _generator;
    private int _capacity;
    private bool _hasLogits;
    private volatile bool _disposed;
    private volatile bool _terminated;

    // The generator whose append may be under way, for a termination from another thread.
    private volatile OgaGeneratorHandle? _running;

    internal NativeGenerationSession(NativeGenerationEngine engine, string? adapter)
    {
        _engine = engine;
        _adapter = adapter;
        _logits = new LogitsBuffer(engine.VocabularySize);
    }

    /// <inheritdoc/>
    public int Length => _history.Length;

    /// <inheritdoc/>
    public ReadOnlySpan<float> Logits
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _hasLogits
                ? _logits.Values
                : throw new InvalidOperationException("The session has no logits: nothing was appended since it was opened or rewound. Append at least one token.");
        }
    }

    /// <summary>Whether the library is at work for this session, seen from any thread.</summary>
    internal bool IsRunning => _running is not null;

    /// <inheritdoc/>
    public void Append(ReadOnlySpan<int> tokens, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        Check(tokens);
        _engine.Queue.Enter(cancellationToken);
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            int total = Length + tokens.Length;
            try
            {
                OgaGeneratorHandle generator = Ready(total, cancellationToken);
                Run(generator, tokens, total, cancellationToken);
                using OgaTensorHandle logits = generator.ReadLogits();
                _logits.Accept(logits);
            }
            catch
            {
                // How far the library came is unknown; the next append starts from the tokens.
                Drop();
                throw;
            }

            _history.Append(tokens);
            _hasLogits = true;
        }
        finally
        {
            _engine.Queue.Leave();
        }
    }

    /// <inheritdoc/>
    public void RewindTo(int length)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (length < 0 || length > Length)
        {
            throw new ArgumentOutOfRangeException(
                nameof(length), length, string.Create(CultureInfo.InvariantCulture, $"The session holds {Length} tokens; rewind to 0 up to {Length}."));
        }

        _engine.Queue.Enter();
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            _hasLogits = false;
            if (length == Length)
            {
                return;
            }

            // A refused rewind, as past an evicted window, leaves the library's own state half rewound.
            if (_generator is { } generator && (!_engine.CanRewind || generator.RewindTo(length) is not null))
            {
                Drop();
            }

            _history.Truncate(length);
        }
        finally
        {
            _engine.Queue.Leave();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _engine.Queue.Enter();
        try
        {
            Close();
        }
        finally
        {
            _engine.Queue.Leave();
        }

        _engine.Forget(this);
    }

    /// <summary>Frees the native part. The caller has the turn.</summary>
    internal void Close()
    {
        _disposed = true;
        Drop();
    }

    /// <summary>Ends the step under way, from any thread, because the process ends.</summary>
    internal void Terminate()
    {
        _terminated = true;

        // Before the look at what runs, as in Run the other way round: or each could miss what the other one writes.
        Interlocked.MemoryBarrier();
        End(_running);
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
                $"{tokens.Length} tokens do not fit: the session holds {Length} of at most {_engine.MaxContextTokens}. Shorten the conversation or raise OnnxRuntimeGenAIOptions.MaxContextTokens."));
        }
    }

    /// <summary>A generator that holds the history and has room for <paramref name="total"/> tokens.</summary>
    private OgaGeneratorHandle Ready(int total, CancellationToken cancellationToken)
    {
        if (_generator is { } generator && total <= _capacity)
        {
            return generator;
        }

        Drop();
        _capacity = _engine.CapacityFor(total);
        _generator = _engine.CreateGenerator(_capacity, _adapter);
        int done = 0;
        for (int step = 0; step < _history.StepCount; step++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            ReadOnlySpan<int> tokens = _history.Step(step);
            done += tokens.Length;
            Run(_generator, tokens, done, cancellationToken);
        }

        return _generator;
    }

    private void Run(OgaGeneratorHandle generator, ReadOnlySpan<int> tokens, int total, CancellationToken cancellationToken)
    {
        string? failure;
        _running = generator;
        Interlocked.MemoryBarrier();
        try
        {
            ObjectDisposedException.ThrowIf(_terminated, this);

            // Disposing the registration waits for a callback under way, so the flag is not set again after a reset.
            using (cancellationToken.UnsafeRegister(static state => End((OgaGeneratorHandle)state!), generator))
            {
                failure = generator.Append(tokens);
            }
        }
        finally
        {
            _running = null;
        }

        if (failure is not null)
        {
            cancellationToken.ThrowIfCancellationRequested();
            ObjectDisposedException.ThrowIf(_terminated, this);
            throw OgaResult.Failure($"Running '{_engine.ModelPath}' failed; the session is as it was before", failure);
        }

        if (cancellationToken.IsCancellationRequested && !generator.Resume())
        {
            cancellationToken.ThrowIfCancellationRequested();
        }

        CheckCount(generator, total);
    }

    // A library that pads, repeats or drops a token would answer from another conversation.
    private static void CheckCount(OgaGeneratorHandle generator, int total)
    {
        if (OgaRuntime.Capabilities.TokenCount && Oga.GeneratorTokenCount(generator) is nuint count && count != (nuint)total)
        {
            throw new Gemma4ModelException(string.Create(
                CultureInfo.InvariantCulture,
                $"onnxruntime-genai holds {count} tokens where {total} were given, so its answers would be wrong. Take another version of the library, or the managed engine."));
        }
    }

    private static void End(OgaGeneratorHandle? generator)
    {
        try
        {
            generator?.Terminate();
        }
        catch (ObjectDisposedException)
        {
            // The step ended by itself.
        }
    }

    private void Drop()
    {
        _generator?.Dispose();
        _generator = null;
        _capacity = 0;
    }
}
