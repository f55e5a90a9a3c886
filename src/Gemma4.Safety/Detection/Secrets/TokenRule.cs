using System.Buffers;

namespace Gemma4.Safety.Detection.Secrets;

/// <summary>A token format: a fixed prefix and a run of characters behind it.</summary>
/// <param name="Name">The last part of the rule's name, e.g. <c>github-token</c>.</param>
/// <param name="Prefix">How every token begins.</param>
/// <param name="Body">The characters that may follow.</param>
/// <param name="MinLength">The fewest characters after the prefix.</param>
/// <param name="MaxLength">The most characters after the prefix; a longer run is no match.</param>
/// <param name="Check">A further look at the whole token; none when null.</param>
/// <param name="Context">Words one of which must stand before a token whose prefix alone says little; none when null.</param>
internal sealed record TokenRule(
    string Name, string Prefix, SearchValues<char> Body, int MinLength, int MaxLength,
    TokenCheck? Check = null, string[]? Context = null)
{
    /// <summary>The rule's name in findings.</summary>
    public string Rule { get; } = "secret/" + Name;
}
