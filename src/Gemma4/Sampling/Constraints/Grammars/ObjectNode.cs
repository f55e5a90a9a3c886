using Gemma4.Sampling.Constraints.Matching;

namespace Gemma4.Sampling.Constraints.Grammars;

/// <summary>An object with its members in any order, each key once.</summary>
internal sealed class ObjectNode : GrammarNode
{
    private const int Before = 0;
    private const int Opened = 1;
    private const int AfterValue = 2;
    private const int AfterGap = 3;
    private const int AtKey = 4;
    private const int InKey = 5;

    private readonly GrammarNode[] _values; // [key]
    private readonly bool[] _isRequired; // [key]
    private readonly int _requiredCount;
    private readonly int _minimum;
    private readonly int _maximum;
    private readonly Notation _notation;
    private readonly DeclaredKeyNode _declaredKey;
    private readonly FreeKeyNode? _freeKey;

    public ObjectNode(
        IReadOnlyDictionary<string, GrammarNode> properties,
        IReadOnlySet<string> required,
        FreeKeys? free,
        int minimum,
        int maximum,
        Notation notation)
    {
        Trie = new KeyTrie(properties.Keys);
        _values = [.. Trie.Names.Select(name => properties[name])];
        _isRequired = [.. Trie.Names.Select(required.Contains)];
        _requiredCount = _isRequired.Count(isRequired => isRequired);
        _minimum = minimum;
        _maximum = maximum;
        _notation = notation;
        Free = free;
        _declaredKey = new DeclaredKeyNode(this, notation);
        _freeKey = free is null ? null : new FreeKeyNode(this, free, notation);
    }

    public KeyTrie Trie { get; }

    public FreeKeys? Free { get; }

    public override IEnumerable<GrammarNode> Children => [
        .. _values, .. Free?.Values ?? [], .. _notation.Parts(), _declaredKey, .. _freeKey is null ? [] : new[] { _freeKey }];

    public override int FindMinNesting()
    {
        if (_requiredCount > _maximum)
        {
            return Impossible;
        }

        var inside = 0;
        var others = new List<int>();
        for (var key = 0; key < _values.Length; key++)
        {
            if (_isRequired[key])
            {
                inside = Math.Max(inside, _values[key].MinNesting);
            }
            else
            {
                others.Add(_values[key].MinNesting);
            }
        }

        // Whatever else the minimum demands, the flattest values first.
        if (Free is not null)
        {
            var count = (int)Math.Min(Free.Names.Count(0), Math.Max(0, _minimum));
            others.AddRange(Enumerable.Repeat(Free.MinNesting, count));
        }

        others.Sort();
        var missing = _minimum - _requiredCount;
        if (missing > others.Count || _minimum > _maximum)
        {
            return Impossible;
        }

        inside = missing > 0 ? Math.Max(inside, others[missing - 1]) : inside;
        return Math.Min(Impossible, inside + 1);
    }

    public override bool IsInsideBrackets(int place) => place != Before;

    public override void Expand(Frame frame, Expansion expansion)
    {
        var parent = frame.Parent!;
        switch (frame.A)
        {
            case Before:
                var opened = expansion.Intern(this, parent, Opened, data: MemberSet.None(_values.Length));
                expansion.Enter(_notation.ObjectOpen, BehindGap(opened, expansion));
                break;
            case AfterValue:
                expansion.Expand(BehindGap(expansion.Intern(this, parent, AfterGap, data: frame.Data), expansion));
                break;
            case Opened or AfterGap:
                var members = (MemberSet)frame.Data!;
                if (CanClose(members))
                {
                    expansion.Enter(_notation.ObjectClose, parent);
                }

                if (CanAdd(members, frame.Nesting))
                {
                    var key = expansion.Intern(this, parent, AtKey, data: members);
                    if (frame.A == Opened)
                    {
                        expansion.Expand(key);
                    }
                    else
                    {
                        expansion.Enter(_notation.Comma, BehindGap(key, expansion));
                    }
                }

                break;
            case AtKey:
                var inKey = expansion.Intern(this, parent, InKey, data: frame.Data);
                if (_notation.IsJson)
                {
                    expansion.Enter(_notation.Quote, inKey);
                }
                else
                {
                    expansion.Expand(inKey);
                }

                break;
            default:
                var seen = (MemberSet)frame.Data!;
                if (IsAnyOpen(seen, frame.Nesting, 0, _values.Length))
                {
                    expansion.Wait(expansion.Intern(_declaredKey, parent, data: seen));
                }

                if (_freeKey is not null && IsFreeOpen(seen, frame.Nesting))
                {
                    expansion.Wait(expansion.Intern(_freeKey, parent, 0, 0, data: new FreeKey(seen, "", IsAbstract: false)));
                }

                break;
        }
    }

    /// <summary>Whether one of the keys of a range of numbers may come next.</summary>
    public bool IsAnyOpen(MemberSet members, int nesting, int first, int end)
    {
        for (var key = first; key < end; key++)
        {
            if (IsOpen(members, nesting, key))
            {
                return true;
            }
        }

        return false;
    }

    public bool IsOpen(MemberSet members, int nesting, int key) =>
        !members.Has(key)
        && nesting + (long)_values[key].MinNesting <= ConstraintBudget.MaxNesting
        && (_isRequired[key] ? members.Count < _maximum : HasRoom(members));

    /// <summary>The value of a declared key, then the rest of the object.</summary>
    public void EnterDeclared(int key, MemberSet members, Frame parent, Expansion expansion) =>
        EnterValue(_values[key], members.With(key), parent, expansion);

    public void EnterValue(GrammarNode value, MemberSet members, Frame parent, Expansion expansion)
    {
        var rest = expansion.Intern(this, parent, AfterValue, data: members);
        if (_notation.Gap is not { } gap)
        {
            // A bare key ends with its colon.
            expansion.Enter(value, rest);
            return;
        }

        if (rest.Nesting + (long)value.MinNesting <= ConstraintBudget.MaxNesting)
        {
            var start = BehindGap(value.Start(rest, expansion), expansion);
            expansion.Enter(gap, _notation.Colon.Start(start, expansion));
        }
    }

    private Frame BehindGap(Frame frame, Expansion expansion) =>
        _notation.Gap is { } gap ? gap.Start(frame, expansion) : frame;

    private bool CanClose(MemberSet members) => members.Count >= _minimum && MissingRequired(members) == 0;

    private bool CanAdd(MemberSet members, int nesting) =>
        members.Count < _maximum
        && (IsAnyOpen(members, nesting, 0, _values.Length) || (_freeKey is not null && IsFreeOpen(members, nesting)));

    private bool IsFreeOpen(MemberSet members, int nesting) => HasRoom(members)
        && nesting + (long)Free!.MinNesting <= ConstraintBudget.MaxNesting
        && _freeKey!.IsLeft(0, "", members);

    // Room for a member that is not required beside those that are and still miss.
    private bool HasRoom(MemberSet members) => _maximum == int.MaxValue || members.Count + 1 + MissingRequired(members) <= _maximum;

    private int MissingRequired(MemberSet members)
    {
        var missing = 0;
        for (var key = 0; key < _isRequired.Length; key++)
        {
            missing += _isRequired[key] && !members.Has(key) ? 1 : 0;
        }

        return missing;
    }

    public override string Describe(Frame frame) => "an object";
}
