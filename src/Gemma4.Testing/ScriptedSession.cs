using Gemma4.Generation;

namespace Gemma4.Testing;

internal sealed class ScriptedSession : IGenerationSession
{
    // The ends of the range that Gemma's soft cap leaves.
    private const float Scripted = 30;
    private const float Other = -30;

    private readonly ScriptedEngine _engine;
    private readonly SessionScript _script;
    private readonly List<int> _tokens = [];
    private readonly float[] _logits;
    private int _next;
    private bool _hasLogits;
    private bool _isDisposed;

    public ScriptedSession(ScriptedEngine engine, SessionScript script)
    {
        _engine = engine;
        _script = script;
        _logits = new float[engine.VocabularySize];
        Array.Fill(_logits, Other);
    }

    public int Length => _tokens.Count;

    public ReadOnlySpan<float> Logits
    {
        get
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (!_hasLogits)
            {
                throw new InvalidOperationException(
                    "There are no logits: nothing was appended since the session was opened or rewound.");
            }

            _script.LogitsRead();
            return _logits;
        }
    }

    public void Append(ReadOnlySpan<int> tokens, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        ObjectDisposedException.ThrowIf(_engine.IsDisposed, _engine);
        Check(tokens);
        cancellationToken.ThrowIfCancellationRequested();
        _engine.OnAppend?.Invoke(new ScriptedAppend(tokens.ToArray(), Length, cancellationToken));
        cancellationToken.ThrowIfCancellationRequested();

        var lengthBefore = Length;
        foreach (var token in tokens)
        {
            _tokens.Add(token);
        }

        try
        {
            SetNext(_script.Next(_tokens, tokens.Length));
        }
        catch
        {
            _tokens.RemoveRange(lengthBefore, tokens.Length);
            throw;
        }

        _engine.CountRun(tokens.Length);
    }

    public void RewindTo(int length)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (length < 0 || length > Length)
        {
            throw new ArgumentOutOfRangeException(
                nameof(length),
                length,
                FormattableString.Invariant($"The session holds {Length} tokens; it cannot be rewound to {length}."));
        }

        _tokens.RemoveRange(length, Length - length);
        _hasLogits = false;
        _script.Rewound();
    }

    public void Dispose()
    {
        if (!_isDisposed)
        {
            _isDisposed = true;
            _engine.CountClosedSession();
        }
    }

    private void Check(ReadOnlySpan<int> tokens)
    {
        if (tokens.IsEmpty)
        {
            throw new ArgumentException("There is no token to append.", nameof(tokens));
        }

        foreach (var token in tokens)
        {
            if ((uint)token >= (uint)_engine.VocabularySize)
            {
                throw new ArgumentException(
                    FormattableString.Invariant(
                        $"Token {token} is not in the vocabulary, which has the ids 0 to {_engine.VocabularySize - 1}."),
                    nameof(tokens));
            }
        }

        if (tokens.Length > _engine.MaxContextTokens - Length)
        {
            throw new InvalidOperationException(
                FormattableString.Invariant(
                    $"{tokens.Length} tokens do not fit: {Length} of {_engine.MaxContextTokens} are in use. ")
                + "Rewind the session or shorten the prompt.");
        }
    }

    private void SetNext(int next)
    {
        if ((uint)next >= (uint)_engine.VocabularySize)
        {
            throw new InvalidOperationException(
                FormattableString.Invariant(
                    $"The script gave id {next}; the vocabulary has the ids 0 to {_engine.VocabularySize - 1}."));
        }

        _logits[_next] = Other;
        _logits[next] = Scripted;
        _next = next;
        _hasLogits = true;
    }
}
