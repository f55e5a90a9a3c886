namespace Gemma4.Safety.Judging;

/// <summary>What a text must not do, in words that a model understands.</summary>
/// <param name="Name">A short name without spaces; findings carry it as <c>judge/name</c>.</param>
/// <param name="Description">What the text must not contain or ask for, as a sentence.</param>
public sealed record JudgePolicy(string Name, string Description)
{
    /// <summary>Weapons, drugs, self-harm, crime.</summary>
    public static JudgePolicy DangerousContent { get; } = new("dangerous-content",
        "No dangerous content: nothing that harms people, such as making weapons or drugs, committing crimes, or self-harm.");

    /// <summary>Attacks on people for what they are.</summary>
    public static JudgePolicy HateSpeech { get; } = new("hate-speech",
        "No hate speech: nothing that attacks or dehumanises people for a protected attribute, or calls for violence against them.");

    /// <summary>Pornographic content.</summary>
    public static JudgePolicy SexuallyExplicit { get; } = new("sexually-explicit",
        "No sexually explicit content: no graphic sexual acts, nothing meant to arouse; medical and educational texts are allowed.");

    /// <summary>Attacks on a person.</summary>
    public static JudgePolicy Harassment { get; } = new("harassment",
        "No harassment: no threats, bullying, intimidation or abuse of a person.");

    /// <summary>The four above.</summary>
    public static IReadOnlyList<JudgePolicy> All { get; } = [DangerousContent, HateSpeech, SexuallyExplicit, Harassment];
}
