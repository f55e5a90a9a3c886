namespace Gemma4.Agents.Evaluation;

/// <summary>One question's verdict.</summary>
/// <param name="Id">The question's name.</param>
/// <param name="Category">The question's class.</param>
/// <param name="Verdict">What the checker says.</param>
public sealed record BfclAnswer(string Id, string Category, CallVerdict Verdict);
