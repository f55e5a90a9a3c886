namespace Gemma4.Sampling.Constraints.Characters;

/// <summary>A regular expression over Unicode scalar values.</summary>
internal abstract record RegexTree
{
    public static readonly RegexTree Empty = new Sequence([]);

    public static RegexTree Set(CharSet set) => new Chars(set);

    public static RegexTree Set(params ReadOnlySpan<(int Low, int High)> ranges) => new Chars(CharSet.Of(ranges));

    public static RegexTree Text(string text)
    {
        var items = new List<RegexTree>();
        foreach (var rune in text.EnumerateRunes())
        {
            items.Add(Set((rune.Value, rune.Value)));
        }

        return new Sequence([.. items]);
    }

    public static RegexTree All(params RegexTree[] items) => new Sequence(items);

    public static RegexTree Or(params RegexTree[] branches) => new Alternation(branches);

    /// <summary>Repeats; -1 as the maximum means no limit.</summary>
    public RegexTree Times(int minimum, int maximum) => new Repeat(this, minimum, maximum);

    public RegexTree Optional() => new Repeat(this, 0, 1);

    public sealed record Chars(CharSet Characters) : RegexTree;

    public sealed record Sequence(RegexTree[] Items) : RegexTree;

    public sealed record Alternation(RegexTree[] Branches) : RegexTree;

    public sealed record Repeat(RegexTree Body, int Minimum, int Maximum) : RegexTree;

    /// <summary>An anchor: <c>^</c> at the start, <c>$</c> at the end of the text.</summary>
    public sealed record Anchor(bool IsStart) : RegexTree;
}
