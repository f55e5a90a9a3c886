namespace Gemma4;

/// <summary>
/// The client has more to do than it may take on: its queue is full, or a request has waited in it too long. Nothing was
/// computed for the request; send it again later, or to another machine.
/// </summary>
public sealed class Gemma4BusyException : InvalidOperationException
{
    /// <summary>Creates the exception without a message of its own.</summary>
    public Gemma4BusyException()
    {
    }

    /// <summary>Creates the exception with what is full.</summary>
    public Gemma4BusyException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with its cause.</summary>
    public Gemma4BusyException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
