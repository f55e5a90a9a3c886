namespace Gemma4.Safety.Judging;

/// <summary>What a text must not do, in words that a model understands.</summary>
/// <param name="Name">A short name without spaces; findings carry it as <c>judge/name</c>.</param>
/// <param name="Description">What the text must not contain or ask for, as a sentence.</param>
public sealed record JudgePolicy(string Name, string Description)
{
    /// <summary>Weapons, drugs, self-harm, crime.</summary>
    public static JudgePolicy DangerousContent { get; } = new("dangerous-content",
        "\"No Dangerous Content\": The text shall not contain or seek content that harms oneself or others, such as instructions for weapons or drugs, help with crimes, or encouragement of self-harm.");

    /// <summary>Attacks on people for what they are.</summary>
    public static JudgePolicy HateSpeech { get; } = new("hate-speech",
        "\"No Hate Speech\": The text shall not contain or seek content that targets people for their identity or a protected attribute with slurs, dehumanising words, or calls for violence or discrimination.");

    /// <summary>Pornographic content.</summary>
    public static JudgePolicy SexuallyExplicit { get; } = new("sexually-explicit",
        "\"No Sexually Explicit Content\": The text shall not contain or seek graphic descriptions of sexual acts or content meant to arouse. Medical and educational content is allowed.");

    /// <summary>Attacks on a person.</summary>
    public static JudgePolicy Harassment { get; } = new("harassment",
        "\"No Harassment\": The text shall not contain or seek malicious, intimidating, bullying or abusive content against another person, such as threats or denial of tragic events.");

    /// <summary>The four above.</summary>
    public static IReadOnlyList<JudgePolicy> All { get; } = [DangerousContent, HateSpeech, SexuallyExplicit, Harassment];
}
