namespace Gemma4.Safety.Tools;

/// <summary>How tool results and documents are marked for the model as data.</summary>
public enum Spotlighting
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>Between two marks that the text cannot contain.</summary>
    Delimit,

    /// <summary>Between marks, and with <c>^</c> in place of every space.</summary>
    Datamark,
}
