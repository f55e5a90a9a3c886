namespace Gemma4.Models;

/// <summary>
/// One operator of a graph: its type and domain ("" for ONNX's own), the names it reads and writes ("" for an absent one)
/// and its whole-number attributes.
/// </summary>
internal sealed record GraphNode(
    string Operator,
    string Domain,
    IReadOnlyList<string> Inputs,
    IReadOnlyList<string> Outputs,
    IReadOnlyDictionary<string, long> Integers);
