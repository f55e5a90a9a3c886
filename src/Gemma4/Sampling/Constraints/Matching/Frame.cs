using Gemma4.Sampling.Constraints.Grammars;

namespace Gemma4.Sampling.Constraints.Matching;

/// <summary>
/// One open rule with its place in it, on top of everything that has to follow. Equal frames are one object, so stacks
/// share their lower parts and comparing two of them is comparing references.
/// </summary>
internal sealed class Frame : IEquatable<Frame>
{
    public GrammarNode Node { get; private set; } = null!;

    /// <summary>What follows when this is done; null only below the end of the text.</summary>
    public Frame? Parent { get; private set; }

    /// <summary>Three numbers whose meaning is the node's.</summary>
    public int A { get; private set; }

    public int B { get; private set; }

    public int C { get; private set; }

    /// <summary>Another number of the node's; for characters, the bytes of an unfinished one.</summary>
    public long Extra { get; private set; }

    /// <summary>What an object has seen so far, or null.</summary>
    public object? Data { get; private set; }

    public int Id { get; init; }

    /// <summary>Arrays and objects open here.</summary>
    public int Nesting { get; private set; }

    public int StackDepth { get; private set; }

    /// <summary>The last expansion that came by.</summary>
    public long Stamp { get; set; }

    /// <summary>The frame that stands for this one when only the next token matters.</summary>
    public Frame? Abstraction { get; set; }

    public Frame With(GrammarNode node, Frame? parent, int a, int b, int c, long extra, object? data)
    {
        Node = node;
        Parent = parent;
        A = a;
        B = b;
        C = c;
        Extra = extra;
        Data = data;
        Nesting = (parent?.Nesting ?? 0) + (node.IsInsideBrackets(a) ? 1 : 0);
        StackDepth = (parent?.StackDepth ?? 0) + 1;
        return this;
    }

    public bool Equals(Frame? other) => other is not null
        && ReferenceEquals(Node, other.Node) && ReferenceEquals(Parent, other.Parent)
        && A == other.A && B == other.B && C == other.C && Extra == other.Extra && Equals(Data, other.Data);

    public override bool Equals(object? obj) => Equals(obj as Frame);

    public override int GetHashCode() =>
        HashCode.Combine(Node.Number, Parent?.Id ?? -1, A, B, C, Extra, Data?.GetHashCode() ?? 0);
}
