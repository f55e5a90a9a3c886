using Gemma4.Safety.Detection;
using Gemma4.Safety.Policies;

namespace Gemma4.Safety.Pipeline;

/// <summary>A finding and the rule that acts on it.</summary>
internal readonly record struct Hit(Finding Finding, CompiledRule Rule, SafetyAction Action)
{
    public int Start => Finding.Start;

    public int End => Finding.End;

    public Hit Shift(int by) => this with { Finding = Finding with { Start = Finding.Start + by } };
}
