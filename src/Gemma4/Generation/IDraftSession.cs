using System.Diagnostics.CodeAnalysis;

namespace Gemma4.Generation;

/// <summary>A session that can score several of its last positions in one step, so that guessed tokens can be verified together.</summary>
[Experimental("GEMMA4001")]
public interface IDraftSession : IGenerationSession
{
    /// <summary>
    /// As <see cref="IGenerationSession.Append"/>, and keeps the logits of the last <paramref name="rows"/> tokens for
    /// <see cref="LogitsOf"/>.
    /// </summary>
    /// <param name="tokens">The tokens.</param>
    /// <param name="rows">How many of the last tokens to score, 1 up to the number of tokens.</param>
    /// <param name="cancellationToken">Ends the step.</param>
    /// <exception cref="ArgumentOutOfRangeException">
    /// The rows are fewer than 1, more than the tokens, or more than the engine scores in one step, which is at least 16.
    /// </exception>
    void Append(ReadOnlySpan<int> tokens, int rows, CancellationToken cancellationToken = default);

    /// <summary>Logits of one scored position, 0 for the earliest of them; valid as long as <see cref="IGenerationSession.Logits"/> and beyond a rewind, until the next append.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The row was not asked for.</exception>
    ReadOnlySpan<float> LogitsOf(int row);
}
