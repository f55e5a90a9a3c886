namespace Gemma4.Benchmarks.Safety;

/// <summary>A text that is an attack or not, and where it comes from.</summary>
internal sealed record InjectionText(string Source, string Text, bool IsAttack);
