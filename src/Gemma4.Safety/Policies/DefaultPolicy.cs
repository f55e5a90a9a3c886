namespace Gemma4.Safety.Policies;

/// <summary>What <c>UseSafety()</c> does without options.</summary>
internal static class DefaultPolicy
{
    // About 100,000 tokens: what fits into the context of the small models.
    private const int MaxCharacters = 400_000;

    /// <summary>Found and reported, but a model that cannot see them answers badly and they reach no person by themselves.</summary>
    private static readonly string[] Reported =
        ["URL", "DOMAIN", "COORDINATES", "DATE_OF_BIRTH", "LICENCE_PLATE", "VIN", "BIC", "UK_SORT_CODE", "US_ROUTING", "ICCID"];

    public static SafetyPolicy Create() => new()
    {
        Rules =
        [
            new() { Detector = "size", Action = SafetyAction.Refuse, MaxCharacters = MaxCharacters, Stages = [SafetyStage.Input, SafetyStage.ToolResult, SafetyStage.Document] },
            new() { Detector = "prompt-injection", Action = SafetyAction.Refuse, Stages = [SafetyStage.Input, SafetyStage.ToolResult, SafetyStage.Document] },
            new() { Detector = "hidden-text", Action = SafetyAction.Redact },
            new() { Detector = "control-markers", Action = SafetyAction.Redact, Stages = [SafetyStage.Input, SafetyStage.ToolResult, SafetyStage.Document] },
            new() { Detector = "secrets", Id = "secrets-to-tools", Action = SafetyAction.Refuse, Stages = [SafetyStage.ToolArguments] },
            new() { Detector = "secrets", Action = SafetyAction.Redact, Stages = [SafetyStage.Input, SafetyStage.Output, SafetyStage.ToolResult, SafetyStage.Document] },
            new() { Detector = "exfiltration", Id = "exfiltration-by-tools", Action = SafetyAction.Ask, Stages = [SafetyStage.ToolArguments] },
            new() { Detector = "exfiltration", Action = SafetyAction.Redact, Stages = [SafetyStage.Output, SafetyStage.ToolResult, SafetyStage.Document] },
            new() { Detector = "personal-data", Id = "personal-data-in", Action = SafetyAction.Redact, Style = RedactionStyle.Pseudonym, ExceptEntities = [.. Reported], Stages = [SafetyStage.Input, SafetyStage.ToolResult, SafetyStage.Document] },
            new() { Detector = "personal-data", Id = "personal-data-out", Action = SafetyAction.Redact, ExceptEntities = [.. Reported], Stages = [SafetyStage.Output] },
            new() { Detector = "personal-data", Id = "personal-data-reported", Action = SafetyAction.Log },
            new() { Detector = "unsafe-output", Action = SafetyAction.Log, Stages = [SafetyStage.Output] },
            new() { Detector = "prompt-leak", Action = SafetyAction.Log, Stages = [SafetyStage.Output] },
        ],
    };
}
