namespace Gemma4;

/// <summary>
/// A model folder, its graph or the native runtime cannot be used. The message names the file or part, what is wrong
/// with it and the way out.
/// </summary>
public class Gemma4ModelException : Exception
{
    /// <summary>An error without details.</summary>
    public Gemma4ModelException()
        : this("The model cannot be used.")
    {
    }

    /// <summary>An error described by <paramref name="message"/>.</summary>
    public Gemma4ModelException(string message)
        : base(message)
    {
    }

    /// <summary>An error caused by <paramref name="innerException"/>.</summary>
    public Gemma4ModelException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
