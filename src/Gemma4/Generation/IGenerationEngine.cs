using System.Diagnostics.CodeAnalysis;

namespace Gemma4.Generation;

/// <summary>
/// A loaded model that can run token sequences. The engine holds the weights once; every conversation has a session of
/// its own. An engine may be called from several threads at once; a session belongs to one thread at a time.
/// </summary>
[Experimental("GEMMA4001")]
public interface IGenerationEngine : IDisposable
{
    /// <summary>Number of logits per position.</summary>
    int VocabularySize { get; }

    /// <summary>Most tokens (prompt and answer together) that one session can hold.</summary>
    int MaxContextTokens { get; }

    /// <summary>Opens an empty session. Dispose it before the engine.</summary>
    IGenerationSession CreateSession();
}
