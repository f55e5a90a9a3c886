using System.Text;
using Gemma4.Sampling.Constraints.Matching;

namespace Gemma4.Sampling.Constraints.Grammars;

/// <summary>A fixed, non-empty run of bytes.</summary>
internal sealed class BytesNode : GrammarNode
{
    private readonly byte[] _bytes;

    public BytesNode(string text)
    {
        _bytes = Encoding.UTF8.GetBytes(text);
    }

    public override int FindMinNesting() => 0;

    public override void Expand(Frame frame, Expansion expansion)
    {
        if (_bytes.Length == 0)
        {
            expansion.Expand(frame.Parent!);
        }
        else
        {
            expansion.Wait(frame);
        }
    }

    public override void Step(Frame frame, byte value, Expansion expansion)
    {
        if (_bytes[frame.A] != value)
        {
            return;
        }

        if (frame.A + 1 == _bytes.Length)
        {
            expansion.Expand(frame.Parent!);
        }
        else
        {
            expansion.Expand(expansion.Intern(this, frame.Parent, frame.A + 1));
        }
    }

    public override bool IsOutside(Frame frame, SliceKind slice) =>
        slice == SliceKind.JsonString && _bytes[frame.A] == (byte)'"';

    public override string Describe(Frame frame) => $"'{Encoding.UTF8.GetString(_bytes.AsSpan(frame.A))}'";
}
