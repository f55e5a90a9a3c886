using Gemma4.Sampling.Constraints.Matching;

namespace Gemma4.Sampling.Constraints.Grammars;

/// <summary>
/// Reads a key that no property declares and that has not come yet. The frame holds the state of the names' automaton
/// and the place among the declared keys, -1 off them.
/// </summary>
internal sealed class FreeKeyNode : CharactersNode
{
    private readonly ObjectNode _owner;
    private readonly FreeKeys _keys;
    private readonly byte _end;
    private readonly bool _isAnyName;

    public FreeKeyNode(ObjectNode owner, FreeKeys keys, Notation notation)
        : base(notation.StringSpelling)
    {
        _owner = owner;
        _keys = keys;
        _end = notation.IsJson ? (byte)'"' : (byte)':';
        _isAnyName = notation.IsJson && keys.Names.StateCount == 1 && keys.Names.LoopsOver(0, TokenSlice.JsonStringChars);
    }

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

        var label = _keys.Names.Label(frame.A);
        var key = (FreeKey)frame.Data!;
        var isTaken = (frame.B >= 0 && _owner.Trie.KeyAt(frame.B) >= 0) || (key.Text is { } text && key.Members.HasFree(text));
        if (label != 0 && !isTaken)
        {
            _owner.EnterValue(_keys.Values[label - 1], key.Members.WithFree(key.Text), frame.Parent!, expansion);
        }
    }

    public override Frame Abstract(Frame frame, Frame? parent, int longestToken, Expansion expansion) => expansion.Intern(
        this, parent, frame.A, frame.B, frame.C, frame.Extra, ((FreeKey)frame.Data!).Abstract());

    public override SliceKind SliceOf(Frame frame, out int maxChars)
    {
        maxChars = int.MaxValue;
        return _isAnyName && frame.Extra == 0 ? SliceKind.JsonString : SliceKind.None;
    }

    public override string Describe(Frame frame) => "another key";

    /// <summary>Whether a name that begins with a text is left. Matters only where the names are finitely many.</summary>
    public bool IsLeft(int state, string text, MemberSet members)
    {
        var count = _keys.Names.Count(state);
        if (count == long.MaxValue)
        {
            return true;
        }

        foreach (var name in members.Free)
        {
            count -= name.StartsWith(text, StringComparison.Ordinal) ? 1 : 0;
        }

        foreach (var name in _owner.Trie.Names)
        {
            count -= name.StartsWith(text, StringComparison.Ordinal) && _keys.Names.Matches(name) ? 1 : 0;
        }

        return count > 0;
    }

    protected override bool Allows(Frame frame, int low, int high)
    {
        if (!_keys.Names.Any(frame.A, low, high))
        {
            return false;
        }

        var key = (FreeKey)frame.Data!;
        if (_keys.Names.Count(frame.A) == long.MaxValue || key.Text is null)
        {
            return true;
        }

        // Few names: a path is open only as long as a name on it is left.
        foreach (var edge in _keys.Names.Edges(frame.A))
        {
            for (var scalar = Math.Max(low, edge.Low); scalar <= Math.Min(high, edge.High); scalar++)
            {
                if (IsLeft(edge.Target, key.Text + char.ConvertFromUtf32(scalar), key.Members))
                {
                    return true;
                }
            }
        }

        return false;
    }

    protected override void Take(Frame frame, int scalar, Expansion expansion)
    {
        var place = frame.B < 0 ? -1 : _owner.Trie.Next(frame.B, scalar);
        expansion.Expand(expansion.Intern(
            this, frame.Parent, _keys.Names.Next(frame.A, scalar), place, data: ((FreeKey)frame.Data!).Append(scalar)));
    }
}
