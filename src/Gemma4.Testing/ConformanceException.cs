namespace Gemma4.Testing;

/// <summary>An implementation does not do what its interface states.</summary>
public sealed class ConformanceException : Exception
{
    /// <summary>Makes an exception without a message of its own.</summary>
    public ConformanceException()
    {
    }

    /// <summary>Makes an exception that says what was expected and what happened.</summary>
    public ConformanceException(string message)
        : base(message)
    {
    }

    /// <summary>Makes an exception that says what was expected, with the exception that happened instead.</summary>
    public ConformanceException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
