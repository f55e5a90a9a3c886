namespace Gemma4.Safety.Detection.Injection;

/// <summary>Classes that must follow one another within a few words.</summary>
/// <param name="Name">The last part of the rule's name.</param>
/// <param name="MaxGap">The most words between one class and the next.</param>
/// <param name="Score">Confidence.</param>
/// <param name="Steps">The classes in order.</param>
internal sealed record InjectionRule(string Name, int MaxGap, double Score, WordClass[] Steps)
{
    /// <summary>The rule's name in findings.</summary>
    public string Rule { get; } = "prompt-injection/" + Name;
}
