namespace Gemma4.Prompting;

/// <summary>Which of the two published prompt layouts a model was trained with.</summary>
public enum PromptFlavor
{
    /// <summary>E2B and E4B.</summary>
    Small,

    /// <summary>12B and above.</summary>
    Large,
}
