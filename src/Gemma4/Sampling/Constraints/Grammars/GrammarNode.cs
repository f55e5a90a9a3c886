using Gemma4.Sampling.Constraints.Matching;

namespace Gemma4.Sampling.Constraints.Grammars;

/// <summary>One piece of a compiled grammar. Immutable once compiled; what changes while matching lies in frames.</summary>
internal abstract class GrammarNode
{
    /// <summary>A nesting that no text reaches: the node matches nothing.</summary>
    public const int Impossible = 1 << 20;

    private static int _lastNumber;

    /// <summary>Unique; only for hashing.</summary>
    public int Number { get; } = Interlocked.Increment(ref _lastNumber);

    /// <summary>How many brackets must at least be opened inside; <see cref="Impossible"/> when nothing matches.</summary>
    public int MinNesting { get; set; } = Impossible;

    public virtual IEnumerable<GrammarNode> Children => [];

    /// <summary>The least nesting given the children's present values, which only ever sink.</summary>
    public abstract int FindMinNesting();

    public virtual Frame Start(Frame parent, Expansion expansion) => expansion.Intern(this, parent);

    /// <summary>Takes the empty steps from a frame: waits for input, enters other nodes, goes on with the parent.</summary>
    public abstract void Expand(Frame frame, Expansion expansion);

    public virtual void Step(Frame frame, byte value, Expansion expansion)
    {
    }

    public virtual bool IsInsideBrackets(int place) => false;

    public virtual Frame Abstract(Frame frame, Frame? parent, int longestToken, Expansion expansion) =>
        expansion.Intern(this, parent, frame.A, frame.B, frame.C, frame.Extra, frame.Data);

    /// <summary>The slice of tokens a waiting frame takes wholly, and how many of their characters at most.</summary>
    public virtual SliceKind SliceOf(Frame frame, out int maxChars)
    {
        maxChars = 0;
        return SliceKind.None;
    }

    /// <summary>Whether a waiting frame can take no token of a slice.</summary>
    public virtual bool IsOutside(Frame frame, SliceKind slice) => false;

    /// <summary>What is expected here, for messages.</summary>
    public virtual string Describe(Frame frame) => GetType().Name;
}
