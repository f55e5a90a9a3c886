using System.Diagnostics.CodeAnalysis;

namespace Gemma4.Generation;

/// <summary>An engine that can run one decode step for several sessions at once, which costs little more than one alone.</summary>
[Experimental("GEMMA4001")]
public interface IBatchEngine : IGenerationEngine
{
    /// <summary>Most sessions in one step; 1 where the graph does not allow more.</summary>
    int MaxBatchSize { get; }

    /// <summary>
    /// Appends one token to each session in one step; every session then has the logits of its own token. When it
    /// throws, no session has changed. Logits equal those of separate appends within the tolerance that the operators
    /// have between batch sizes.
    /// </summary>
    /// <param name="sessions">Different sessions of this engine, 1 up to <see cref="MaxBatchSize"/>, of any lengths, none of them in use.</param>
    /// <param name="tokens">The token of each.</param>
    /// <param name="cancellationToken">Ends the step for all of them.</param>
    /// <exception cref="ArgumentException">
    /// The counts differ, a session is not of this engine or named twice, the sessions have different adapters, or a token
    /// is outside the vocabulary.
    /// </exception>
    /// <exception cref="InvalidOperationException">
    /// A session is full, or, as a <see cref="Gemma4CacheFullException"/>, the caches do not fit into the budget together.
    /// </exception>
    void AppendEach(ReadOnlySpan<IGenerationSession> sessions, ReadOnlySpan<int> tokens, CancellationToken cancellationToken = default);
}
