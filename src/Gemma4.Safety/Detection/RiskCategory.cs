namespace Gemma4.Safety.Detection;

/// <summary>What a <see cref="Finding"/> is about; policies choose an action per category.</summary>
public enum RiskCategory
{
    /// <summary>Something that identifies or reaches a person: a card number, an e-mail address, a national id.</summary>
    PersonalData,

    /// <summary>A credential: a token, a key, a password.</summary>
    Secret,

    /// <summary>Text that tries to give the model new orders.</summary>
    PromptInjection,

    /// <summary>A word or topic from the application's own list.</summary>
    BlockedTopic,

    /// <summary>A link or image whose address carries data to a host that is not allowed.</summary>
    Exfiltration,

    /// <summary>Output that repeats the system prompt or its canary.</summary>
    PromptLeak,

    /// <summary>A control token of the model's prompt format, spelled out in text.</summary>
    ControlMarker,

    /// <summary>Characters a reader cannot see: zero-width, bidirectional controls, tag characters.</summary>
    HiddenText,

    /// <summary>Output that would run when a page shows it: script, event handlers, active URLs.</summary>
    UnsafeOutput,

    /// <summary>A size or a number above its limit.</summary>
    Budget,

    /// <summary>A tool call that the tool policy does not let through.</summary>
    ToolUse,

    /// <summary>Something that a model judged harmful.</summary>
    Harm,

    /// <summary>A filter that failed or was late: nothing was found, and nothing can be ruled out.</summary>
    FilterFailure,
}
