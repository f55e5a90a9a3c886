namespace Gemma4.Safety.Policies;

/// <summary>How much of a streamed answer is held back until it is judged.</summary>
public enum StreamingMode
{
    /// <summary>What the patterns of the rules need, mostly a few words. A rule that reads whole texts holds back all.</summary>
    HoldBack,

    /// <summary>A sentence, at most 2000 characters; rules that read whole texts read sentences.</summary>
    Sentence,

    /// <summary>All of it.</summary>
    FullBuffer,
}
