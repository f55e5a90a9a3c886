namespace Gemma4.Sampling.Constraints.Grammars;

/// <summary>How characters are written.</summary>
internal enum Spelling
{
    /// <summary>As themselves, in UTF-8.</summary>
    Verbatim,

    /// <summary>As inside a JSON string: quote, backslash and controls escaped, anything else escaped or not.</summary>
    JsonString,
}
