using Gemma4.Generation;

namespace Gemma4.Testing;

/// <summary>
/// An engine without a model: it answers with the token ids of a script. The scripted id has the logit 30 and every
/// other id -30, so that sampling picks the script as well as greedy search does. Safe for concurrent use, as far as
/// the script function is.
/// </summary>
public sealed class ScriptedEngine : IGenerationEngine
{
    private readonly Func<SessionScript> _createScript;
    private int _isDisposed;
    private int _sessionCount;
    private int _openSessionCount;
    private int _runCount;
    private long _appendedTokenCount;

    /// <summary>Answers with a function of the tokens.</summary>
    /// <param name="vocabularySize">Number of logits per position, at least 1; ids run from 0.</param>
    /// <param name="maxContextTokens">Most tokens that a session can hold, at least 1.</param>
    /// <param name="next">
    /// Gives the id that follows the session's tokens. Called once per append, with all tokens appended so far; the list
    /// is the session's own and changes afterwards. What it throws comes out of the append, which then has no effect.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">A size is below 1.</exception>
    public ScriptedEngine(int vocabularySize, int maxContextTokens, Func<IReadOnlyList<int>, int> next)
        : this(vocabularySize, maxContextTokens, () => new FunctionScript(next))
    {
        ArgumentNullException.ThrowIfNull(next);
    }

    private ScriptedEngine(int vocabularySize, int maxContextTokens, Func<SessionScript> createScript)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(vocabularySize, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxContextTokens, 1);
        VocabularySize = vocabularySize;
        MaxContextTokens = maxContextTokens;
        _createScript = createScript;
    }

    /// <inheritdoc/>
    public int VocabularySize { get; }

    /// <inheritdoc/>
    public int MaxContextTokens { get; }

    /// <summary>Number of sessions opened so far, closed ones included.</summary>
    public int SessionCount => Volatile.Read(ref _sessionCount);

    /// <summary>Number of sessions not yet disposed.</summary>
    public int OpenSessionCount => Volatile.Read(ref _openSessionCount);

    /// <summary>Number of appends that succeeded, over all sessions: how often a model would have run.</summary>
    public int RunCount => Volatile.Read(ref _runCount);

    /// <summary>Number of tokens appended, over all sessions; rewinding does not take any back.</summary>
    public long AppendedTokenCount => Interlocked.Read(ref _appendedTokenCount);

    /// <summary>
    /// Called inside every append before it takes effect, on the appending thread: the place to wait, to cancel or to
    /// throw in a test. What it throws comes out of the append, which then has no effect. Default null.
    /// </summary>
    public Action<ScriptedAppend>? OnAppend { get; set; }

    /// <summary>
    /// Answers the first prompt with the first response, the second with the second, over all sessions together. A
    /// prompt is everything that is appended before logits are read; after that, single tokens are taken for the answer,
    /// and a larger append or a rewind begins the next prompt. After its ids a response gives
    /// <paramref name="stopId"/>. A prompt without a response left is an <see cref="InvalidOperationException"/>.
    /// </summary>
    /// <param name="vocabularySize">Number of logits per position, at least 1.</param>
    /// <param name="maxContextTokens">Most tokens that a session can hold, at least 1.</param>
    /// <param name="stopId">The id that ends a response, for Gemma 4 that of <c>&lt;turn|&gt;</c>.</param>
    /// <param name="responses">The ids of each response, without the stop id.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size is below 1 or an id outside the vocabulary.</exception>
    public static ScriptedEngine FromResponses(
        int vocabularySize,
        int maxContextTokens,
        int stopId,
        params int[][] responses)
    {
        ArgumentNullException.ThrowIfNull(responses);
        foreach (var id in responses.SelectMany(ids => ids).Append(stopId))
        {
            if ((uint)id >= (uint)vocabularySize)
            {
                throw new ArgumentOutOfRangeException(
                    nameof(responses),
                    id,
                    FormattableString.Invariant(
                        $"The script holds id {id}; the vocabulary has the ids 0 to {vocabularySize - 1}."));
            }
        }

        var queue = new ResponseQueue(stopId, responses);
        return new ScriptedEngine(vocabularySize, maxContextTokens, () => new ResponseScript(queue));
    }

    /// <inheritdoc/>
    /// <exception cref="ObjectDisposedException">The engine is disposed.</exception>
    public IGenerationSession CreateSession()
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        Interlocked.Increment(ref _sessionCount);
        Interlocked.Increment(ref _openSessionCount);
        return new ScriptedSession(this, _createScript());
    }

    /// <summary>Closes the engine: sessions can neither be opened nor appended to. May be called again.</summary>
    public void Dispose() => Volatile.Write(ref _isDisposed, 1);

    internal bool IsDisposed => Volatile.Read(ref _isDisposed) != 0;

    internal void CountRun(int tokens)
    {
        Interlocked.Increment(ref _runCount);
        Interlocked.Add(ref _appendedTokenCount, tokens);
    }

    internal void CountClosedSession() => Interlocked.Decrement(ref _openSessionCount);
}
