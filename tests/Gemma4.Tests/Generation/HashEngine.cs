using Gemma4.Generation;

namespace Gemma4.Tests.Generation;

/// <summary>
/// A model whose every answer depends on every token before it, so that a session that holds one wrong token shows at
/// once. It can all that an engine can, and fails, waits and runs out of memory where a test says so.
/// </summary>
internal sealed class HashEngine(int vocabularySize, int maxContextTokens = 4096) : IBatchEngine
{
    private const int TurnEnd = 106;
    private const int FirstText = 300; // past the control tokens
    private readonly Lock _gate = new();
    private readonly List<string> _log = [];
    private int _open;
    private long _held;

    public int VocabularySize => vocabularySize;

    public int MaxContextTokens => maxContextTokens;

    public int MaxBatchSize { get; init; } = 4;

    /// <summary>Tokens that all sessions together can hold.</summary>
    public long Memory { get; init; } = long.MaxValue;

    /// <summary>Tokens behind the end that a session can be rewound over; all by default.</summary>
    public int Window { get; init; } = int.MaxValue;

    public bool CanFork { get; init; } = true;

    /// <summary>Whether several positions can be scored in one step.</summary>
    public bool CanDraft { get; init; } = true;

    /// <summary>Makes answers that repeat themselves: the next token depends on this many tokens only.</summary>
    public int MemorySpan { get; init; } = int.MaxValue;

    /// <summary>One answer ends after this many tokens in the mean.</summary>
    public int MeanAnswer { get; init; } = 16;

    /// <summary>Called before a step with the number of sessions and of tokens; what it throws comes out of the step.</summary>
    public Action<int, int>? OnStep { get; set; }

    /// <summary>Called when a session is disposed; what it throws comes out of the disposal.</summary>
    public Action? OnSessionDisposed { get; set; }

    public int OpenSessions => Volatile.Read(ref _open);

    public long Appended { get; private set; }

    /// <summary>Tokens appended without logits after them.</summary>
    public long UnscoredTokens { get; private set; }

    /// <summary>One entry per step: tokens of a piece, or sessions of a batch.</summary>
    public IReadOnlyList<string> Log
    {
        get
        {
            lock (_gate)
            {
                return [.. _log];
            }
        }
    }

    public IGenerationSession CreateSession() => (CanFork, CanDraft) switch
    {
        (true, true) => new DraftSession(this, []),
        (true, false) => new ForkableSession(this, []),
        _ => new Session(this, []),
    };

    public void AppendEach(ReadOnlySpan<IGenerationSession> sessions, ReadOnlySpan<int> tokens, CancellationToken cancellationToken = default)
    {
        OnStep?.Invoke(sessions.Length, sessions.Length);
        lock (_gate)
        {
            Take(sessions.Length);
            _log.Add($"batch {sessions.Length}");
        }

        for (int i = 0; i < sessions.Length; i++)
        {
            ((Session)sessions[i]).Add(tokens.Slice(i, 1));
        }
    }

    public void Dispose()
    {
    }

    private void Take(long tokens)
    {
        if (_held + tokens > Memory)
        {
            throw new Gemma4CacheFullException("The test's memory is full.");
        }

        _held += tokens;
        Appended += tokens;
    }

    private class Session : IGenerationSession, IPromptSession
    {
        protected readonly HashEngine Engine;
        protected readonly List<int> Tokens;
        protected readonly List<float[]> Rows = [];
        private readonly float[] _logits;
        private bool _hasLogits;
        private bool _disposed;

        public Session(HashEngine engine, List<int> tokens)
        {
            Engine = engine;
            Tokens = tokens;
            _logits = new float[engine.VocabularySize];
            Interlocked.Increment(ref engine._open);
        }

        public int Length => Tokens.Count;

        public ReadOnlySpan<float> Logits
        {
            get
            {
                ObjectDisposedException.ThrowIf(_disposed, this);
                return _hasLogits ? _logits : throw new InvalidOperationException("There are no logits.");
            }
        }

        public void Append(ReadOnlySpan<int> tokens, CancellationToken cancellationToken = default)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            cancellationToken.ThrowIfCancellationRequested();
            Engine.OnStep?.Invoke(1, tokens.Length);
            cancellationToken.ThrowIfCancellationRequested();
            lock (Engine._gate)
            {
                Engine.Take(tokens.Length);
                Engine._log.Add($"append {tokens.Length}");
            }

            Score(tokens, 1);
        }

        public void AppendUnscored(ReadOnlySpan<int> tokens, CancellationToken cancellationToken)
        {
            Append(tokens, cancellationToken);
            _hasLogits = false;
            Rows.Clear();
            lock (Engine._gate)
            {
                Engine.UnscoredTokens += tokens.Length;
            }
        }

        public void Add(ReadOnlySpan<int> tokens) => Score(tokens, 1);

        protected void Score(ReadOnlySpan<int> tokens, int rows)
        {
            Rows.Clear();
            foreach (int token in tokens)
            {
                Add(token);
                Rows.Add([.. _logits]);
            }

            Rows.RemoveRange(0, Rows.Count - rows);
        }

        private void Add(int added)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            Tokens.Add(added);
            uint hash = 2166136261;
            for (int i = (int)Math.Max(0, (long)Tokens.Count - Engine.MemorySpan); i < Tokens.Count; i++)
            {
                hash = (hash ^ (uint)Tokens[i]) * 16777619;
            }

            Array.Fill(_logits, -30);
            bool ends = (hash >> 8) % Engine.MeanAnswer == 0;
            _logits[ends ? TurnEnd : FirstText + (int)((hash >> 4) % (uint)(Engine.VocabularySize - FirstText))] = 30;
            _hasLogits = true;
        }

        public void RewindTo(int length)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (length < 0 || length > Length)
            {
                throw new ArgumentOutOfRangeException(nameof(length));
            }

            lock (Engine._gate)
            {
                Engine._held -= Length - length;
            }

            Tokens.RemoveRange(length, Length - length);
            _hasLogits = false;
        }

        public void Dispose()
        {
            if (!_disposed)
            {
                _disposed = true;
                Interlocked.Decrement(ref Engine._open);
                lock (Engine._gate)
                {
                    Engine._held -= Length;
                }

            }

            Engine.OnSessionDisposed?.Invoke();
        }
    }

    private class ForkableSession(HashEngine engine, List<int> tokens) : Session(engine, tokens), IForkableSession
    {
        public long CacheBytes => Length;

        public int EarliestRewind => (int)Math.Max(0, (long)Length - Engine.Window);

        public IGenerationSession Fork(int length)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Length);
            ArgumentOutOfRangeException.ThrowIfLessThan(length, EarliestRewind);
            lock (Engine._gate)
            {
                Engine.Take(length);
                Engine.Appended -= length;
            }

            return Engine.CanDraft ? new DraftSession(Engine, Tokens[..length]) : new ForkableSession(Engine, Tokens[..length]);
        }
    }

    private sealed class DraftSession(HashEngine engine, List<int> tokens) : ForkableSession(engine, tokens), IDraftSession
    {
        public void Append(ReadOnlySpan<int> tokens, int rows, CancellationToken cancellationToken = default)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Engine.OnStep?.Invoke(1, tokens.Length);
            lock (Engine._gate)
            {
                Engine.Take(tokens.Length);
                Engine._log.Add($"draft {rows - 1}");
            }

            Score(tokens, rows);
        }

        public ReadOnlySpan<float> LogitsOf(int row) => Rows[row];
    }
}
