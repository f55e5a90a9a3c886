using System.Diagnostics.CodeAnalysis;

namespace Gemma4.Generation;

/// <summary>A session that an <see cref="IStorableEngine"/> can write to a stream and that knows what it holds.</summary>
[Experimental("GEMMA4001")]
public interface IStorableSession : IGenerationSession
{
    /// <summary>The tokens held, <see cref="IGenerationSession.Length"/> of them; valid until the next call on the session.</summary>
    ReadOnlySpan<int> Tokens { get; }
}
