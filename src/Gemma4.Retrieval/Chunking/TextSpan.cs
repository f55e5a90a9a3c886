namespace Gemma4.Retrieval.Chunking;

/// <summary>A piece of a document's text that is not cut further.</summary>
/// <param name="Start">Its first character.</param>
/// <param name="End">The index after its last character.</param>
/// <param name="Part">The part it belongs to.</param>
internal readonly record struct TextSpan(int Start, int End, int Part);
