using System.Diagnostics.CodeAnalysis;

namespace Gemma4.Generation;

/// <summary>An engine whose sessions can be written to a stream and read back by another engine over the same model.</summary>
[Experimental("GEMMA4001")]
public interface IStorableEngine : IGenerationEngine
{
    /// <summary>
    /// Writes the tokens and the attention cache of a session, which stays as it is. The stream is neither flushed nor
    /// closed. What is written tells what the session has read: it is to be protected like the text itself.
    /// </summary>
    /// <exception cref="ArgumentException">The session is not one of this engine.</exception>
    /// <exception cref="NotSupportedException">The session runs with an adapter.</exception>
    /// <exception cref="Gemma4ModelException">The model's files cannot be read any more.</exception>
    void Save(IGenerationSession session, Stream stream);

    /// <summary>
    /// Opens a session as <see cref="Save"/> has left it, without logits. Reads no further than the saved session goes.
    /// </summary>
    /// <exception cref="Gemma4ModelException">
    /// What was saved is damaged, cut off, of another version, or made with another model; the message says which.
    /// </exception>
    /// <exception cref="Gemma4ContextOverflowException">It holds more tokens than <see cref="IGenerationEngine.MaxContextTokens"/>.</exception>
    /// <exception cref="Gemma4CacheFullException">The cache budget has no room for it.</exception>
    IStorableSession Restore(Stream stream);
}
