using Gemma4.Sampling.Constraints.Characters;
using Gemma4.Sampling.Constraints.Matching;

namespace Gemma4.Sampling.Constraints.Grammars;

/// <summary>Characters that follow a pattern. The frame holds the automaton's state and the counts still to come.</summary>
internal sealed class PatternNode : CharactersNode
{
    private static readonly CharSet LineChars = CharSet.Any.Except(CharSet.OfChars("\n\r\u2028\u2029\uFFFF"));

    private readonly CharPattern _pattern;
    private readonly CharAutomaton _automaton;
    private readonly SliceKind[] _slices; // [state]
    private readonly string _what;

    public PatternNode(CharPattern pattern, Spelling spelling, string what)
        : base(spelling)
    {
        _pattern = pattern;
        _automaton = pattern.Automaton;
        _what = what;
        _slices = new SliceKind[_automaton.StateCount];
        for (var state = 0; state < _slices.Length; state++)
        {
            _slices[state] = FindSlice(state);
        }
    }

    /// <summary>What a verbatim string may hold. U+FFFF is how the parser marks the string's delimiter.</summary>
    public static CharSet VerbatimChars { get; } = CharSet.Any.Except(CharSet.Of((0xFFFF, 0xFFFF)));

    public override int FindMinNesting() => 0;

    public override Frame Start(Frame parent, Expansion expansion) =>
        expansion.Intern(this, parent, 0, _pattern.Minimum, _pattern.Maximum);

    public override void Expand(Frame frame, Expansion expansion)
    {
        if (frame.Extra != 0)
        {
            expansion.Wait(frame);
            return;
        }

        if (frame.C > 0 && !_automaton.Edges(frame.A).IsEmpty)
        {
            expansion.Wait(frame);
        }

        if (frame.B == 0 && _automaton.Accepts(frame.A))
        {
            expansion.Expand(frame.Parent!);
        }
    }

    public override Frame Abstract(Frame frame, Frame? parent, int longestToken, Expansion expansion) => expansion.Intern(
        this, parent, frame.A, Math.Min(frame.B, longestToken), RepeatNode.Clamp(frame.C, longestToken), frame.Extra);

    public override SliceKind SliceOf(Frame frame, out int maxChars)
    {
        maxChars = frame.C;
        return frame.Extra == 0 ? _slices[frame.A] : SliceKind.None;
    }

    public override string Describe(Frame frame) => _what;

    protected override bool Allows(Frame frame, int low, int high) => _automaton.Any(frame.A, low, high);

    protected override void Take(Frame frame, int scalar, Expansion expansion)
    {
        var left = frame.C == RepeatNode.Unlimited ? frame.C : frame.C - 1;
        expansion.Expand(expansion.Intern(
            this, frame.Parent, _automaton.Next(frame.A, scalar), Math.Max(0, frame.B - 1), left));
    }

    private SliceKind FindSlice(int state)
    {
        if (Spelling == Spelling.JsonString)
        {
            return _automaton.LoopsOver(state, TokenSlice.JsonStringChars) ? SliceKind.JsonString : SliceKind.None;
        }

        return _automaton.LoopsOver(state, VerbatimChars) ? SliceKind.Verbatim
            : _automaton.LoopsOver(state, LineChars) ? SliceKind.VerbatimLine
            : SliceKind.None;
    }
}
