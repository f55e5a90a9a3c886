namespace Gemma4.Agents.Repair;

/// <summary>One thing that is wrong with a call, in words that a model can act on.</summary>
/// <param name="Path">Where: a parameter such as <c>city</c>, <c>points[2].x</c>; empty for the call itself.</param>
/// <param name="Message">What is wrong, what is expected and what is allowed.</param>
public sealed record ArgumentFault(string Path, string Message)
{
    /// <inheritdoc/>
    public override string ToString() => Path.Length == 0 ? Message : $"{Path}: {Message}";
}
