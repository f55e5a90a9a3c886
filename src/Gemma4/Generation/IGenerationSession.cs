using System.Diagnostics.CodeAnalysis;

namespace Gemma4.Generation;

/// <summary>One token sequence with its attention cache. Not safe for concurrent use.</summary>
[Experimental("GEMMA4001")]
public interface IGenerationSession : IDisposable
{
    /// <summary>Number of tokens held.</summary>
    int Length { get; }

    /// <summary>
    /// Logits of the last appended position, <see cref="IGenerationEngine.VocabularySize"/> values after the soft cap,
    /// valid until the next call on the session.
    /// </summary>
    /// <exception cref="InvalidOperationException">Nothing was appended since the session was opened or rewound.</exception>
    ReadOnlySpan<float> Logits { get; }

    /// <summary>
    /// Runs the model over <paramref name="tokens"/> in one step; callers cut long prompts into chunks. When it throws,
    /// cancellation included, the session is as it was before the call.
    /// </summary>
    /// <exception cref="ArgumentException"><paramref name="tokens"/> is empty or holds an id outside the vocabulary.</exception>
    /// <exception cref="InvalidOperationException">The tokens do not fit into the context.</exception>
    void Append(ReadOnlySpan<int> tokens, CancellationToken cancellationToken = default);

    /// <summary>
    /// Forgets everything after the first <paramref name="length"/> tokens. What follows equals, bit for bit, a new
    /// session that was given the same tokens in the same chunks; only below <see cref="IForkableSession.EarliestRewind"/>,
    /// where the engine runs the tokens again in chunks of its own with the next append, it is as near as other chunks
    /// are. The logits are not readable until the next append.
    /// </summary>
    void RewindTo(int length);
}
