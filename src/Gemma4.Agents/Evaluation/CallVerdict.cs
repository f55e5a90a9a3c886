namespace Gemma4.Agents.Evaluation;

/// <summary>What the checker says of an answer's calls.</summary>
/// <param name="Error">Why the calls are wrong; <see cref="CallError.None"/> when they are right.</param>
/// <param name="Detail">The parameter or the counts, for a report; empty when the calls are right.</param>
public sealed record CallVerdict(CallError Error, string Detail = "")
{
    /// <summary>True when the calls count as right.</summary>
    public bool IsRight => Error == CallError.None;

    internal static CallVerdict Right { get; } = new(CallError.None);
}
