namespace Gemma4.Benchmarks.Safety;

/// <summary>A stretch of a text with the kind of thing it is.</summary>
internal sealed record LabelledSpan(string Entity, string Value, int Start, int End);
