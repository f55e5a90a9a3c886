namespace Gemma4.Sampling.Constraints.Grammars;

/// <summary>Sets of tokens that some places take wholly, found once for each vocabulary.</summary>
internal enum SliceKind
{
    None,

    /// <summary>Every token of text.</summary>
    All,

    /// <summary>Whole characters that may stand in a JSON string as they are.</summary>
    JsonString,

    /// <summary>Whole characters of any kind.</summary>
    Verbatim,

    /// <summary>Whole characters without line ends.</summary>
    VerbatimLine,
}
