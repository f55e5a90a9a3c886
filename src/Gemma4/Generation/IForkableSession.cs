using System.Diagnostics.CodeAnalysis;

namespace Gemma4.Generation;

/// <summary>A session whose beginning can be copied into a new one without running the model.</summary>
[Experimental("GEMMA4001")]
public interface IForkableSession : IGenerationSession
{
    /// <summary>Bytes of attention cache that the session takes, the room for further tokens included.</summary>
    long CacheBytes { get; }

    /// <summary>
    /// The shortest length that <see cref="IGenerationSession.RewindTo"/> and <see cref="Fork"/> can go back to without
    /// running the model again; 0 and the present length are always possible. 0 where the whole sequence is kept, more
    /// where layers keep only their window.
    /// </summary>
    int EarliestRewind { get; }

    /// <summary>
    /// Opens a session that holds the first <paramref name="length"/> tokens of this one, with the same adapter. It has
    /// no logits yet.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The length is not one that <see cref="EarliestRewind"/> allows.</exception>
    /// <exception cref="InvalidOperationException">The copy does not fit into the cache budget, as a <see cref="Gemma4CacheFullException"/>.</exception>
    IGenerationSession Fork(int length);
}
