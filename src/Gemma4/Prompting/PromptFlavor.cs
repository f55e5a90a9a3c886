namespace Gemma4.Prompting;

/// <summary>
/// Which of the two published Gemma 4 chat templates a model was trained with. They differ in one place: with thinking
/// off, the large one puts an empty thought block in front of the answer.
/// </summary>
public enum PromptFlavor
{
    /// <summary>E2B and E4B.</summary>
    Small,

    /// <summary>12B, 26B-A4B and 31B.</summary>
    Large,
}
