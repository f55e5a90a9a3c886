using System.Diagnostics.CodeAnalysis;

namespace Gemma4.Sampling;

/// <summary>Decides which tokens may come next. One instance follows one response.</summary>
[Experimental("GEMMA4001")]
public interface ITokenConstraint
{
    /// <summary>
    /// Marks the allowed tokens: bit <c>id % 64</c> of word <c>id / 64</c> set means the id may be picked. The mask comes
    /// in with every bit set. Returns false, and leaves the mask alone, when every token is allowed.
    /// </summary>
    bool FillMask(Span<ulong> mask);

    /// <summary>Tells the constraint which token was picked.</summary>
    void Accept(int token);
}
