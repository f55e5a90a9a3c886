namespace Gemma4.Models;

/// <summary>One operator of a graph: its type, the names it reads ("" for an absent one) and its whole-number attributes.</summary>
internal sealed record GraphNode(string Operator, IReadOnlyList<string> Inputs, IReadOnlyDictionary<string, long> Integers);
