using Gemma4.Sampling.Constraints.Matching;

namespace Gemma4.Sampling.Constraints.Grammars;

/// <summary>Reads one of the declared keys that are still missing, and the mark that ends it.</summary>
internal sealed class DeclaredKeyNode(ObjectNode owner, Notation notation) : CharactersNode(notation.StringSpelling)
{
    private readonly byte _end = notation.IsJson ? (byte)'"' : (byte)':';

    public override int FindMinNesting() => 0;

    public override bool IsInsideBrackets(int place) => true;

    public override void Expand(Frame frame, Expansion expansion) => expansion.Wait(frame);

    public override void Step(Frame frame, byte value, Expansion expansion)
    {
        if (frame.Extra != 0 || value != _end)
        {
            base.Step(frame, value, expansion);
            return;
        }

        var key = owner.Trie.KeyAt(frame.A);
        var members = (MemberSet)frame.Data!;
        if (key >= 0 && owner.IsOpen(members, frame.Nesting, key))
        {
            owner.EnterDeclared(key, members, frame.Parent!, expansion);
        }
    }

    public override bool IsOutside(Frame frame, SliceKind slice) => false;

    public override string Describe(Frame frame)
    {
        var names = new List<string>();
        var (first, end) = owner.Trie.Below(frame.A);
        for (var key = first; key < end; key++)
        {
            if (owner.IsOpen((MemberSet)frame.Data!, frame.Nesting, key))
            {
                names.Add($"'{owner.Trie.Names[key]}'");
            }
        }

        return $"one of the keys {string.Join(", ", names)}";
    }

    protected override bool Allows(Frame frame, int low, int high)
    {
        foreach (var (scalar, place) in owner.Trie.Edges(frame.A))
        {
            if (scalar > high)
            {
                break;
            }

            var (first, end) = owner.Trie.Below(place);
            if (scalar >= low && owner.IsAnyOpen((MemberSet)frame.Data!, frame.Nesting, first, end))
            {
                return true;
            }
        }

        return false;
    }

    protected override void Take(Frame frame, int scalar, Expansion expansion) => expansion.Expand(
        expansion.Intern(this, frame.Parent, owner.Trie.Next(frame.A, scalar), data: frame.Data));
}
