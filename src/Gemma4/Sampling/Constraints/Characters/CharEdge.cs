namespace Gemma4.Sampling.Constraints.Characters;

/// <summary>One transition over an inclusive range of scalar values.</summary>
internal readonly record struct CharEdge(int Low, int High, int Target);
