using System.Diagnostics.CodeAnalysis;

namespace Gemma4.Sampling.Constraints;

/// <summary>
/// A constraint cannot be built, costs more than its budget, or met a token that it does not allow. The message names
/// the place in the schema, expression or grammar and what to change.
/// </summary>
[Experimental("GEMMA4001")]
public sealed class Gemma4ConstraintException : Exception
{
    /// <summary>Makes an exception without a message of its own.</summary>
    public Gemma4ConstraintException()
    {
    }

    /// <summary>Makes an exception.</summary>
    /// <param name="message">The thing, the fact and the way out.</param>
    public Gemma4ConstraintException(string message)
        : base(message)
    {
    }

    /// <summary>Makes an exception with its cause.</summary>
    /// <param name="message">The thing, the fact and the way out.</param>
    /// <param name="innerException">The cause.</param>
    public Gemma4ConstraintException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
