namespace Gemma4.Safety.Policies;

/// <summary>What one request wants otherwise. Locked rules stay.</summary>
internal sealed record SafetyOverride(string? Policy, IReadOnlyList<string> Without)
{
    public const string Key = "gemma4.safety";
}
