using Gemma4.Sampling.Constraints.Matching;

namespace Gemma4.Sampling.Constraints.Grammars;

/// <summary>
/// Reads characters from bytes: UTF-8 and, in JSON strings, escapes. A byte is taken only when a character that may
/// come next can still be spelled with it. The bytes of an unfinished character lie in the frame's extra number.
/// </summary>
internal abstract class CharactersNode(Spelling spelling) : GrammarNode
{
    // The extra number: kind in the top bits, how many bytes or digits are missing, then the value so far.
    private const int KindShift = 56;
    private const int LeftShift = 48;
    private const long Utf8Two = 1;
    private const long Utf8Three = 2;
    private const long Utf8Four = 3;
    private const long Escape = 4;
    private const long Hex = 5;
    private const long AfterHigh = 6;
    private const long AfterHighEscape = 7;
    private const long LowHex = 8;

    protected Spelling Spelling => spelling;

    public override void Step(Frame frame, byte value, Expansion expansion)
    {
        var extra = frame.Extra;
        if (extra == 0)
        {
            Begin(frame, value, expansion);
            return;
        }

        var kind = extra >> KindShift;
        var left = (int)(extra >> LeftShift) & 0xFF;
        var sofar = (int)extra;
        switch (kind)
        {
            case Utf8Two or Utf8Three or Utf8Four:
                if ((value & 0xC0) == 0x80)
                {
                    ContinueUtf8(frame, kind, left - 1, (sofar << 6) | (value & 0x3F), expansion);
                }

                break;
            case Escape:
                TakeEscape(frame, value, expansion);
                break;
            case AfterHigh when value == '\\':
                Continue(frame, AfterHighEscape, 0, sofar, expansion);
                break;
            case AfterHighEscape when value == 'u':
                Continue(frame, LowHex, 4, sofar << 16, expansion);
                break;
            case Hex or LowHex when HexValue(value) is >= 0 and var digit:
                if (kind == Hex)
                {
                    ContinueHex(frame, left - 1, (sofar << 4) | digit, expansion);
                }
                else
                {
                    ContinueLowHex(frame, left - 1, sofar >>> 16, ((sofar & 0xFFFF) << 4) | digit, expansion);
                }

                break;
            default:
                break;
        }
    }

    /// <summary>Whether some character of a range may come next.</summary>
    protected abstract bool Allows(Frame frame, int low, int high);

    /// <summary>A whole character, within the ranges allowed.</summary>
    protected abstract void Take(Frame frame, int scalar, Expansion expansion);

    private void Begin(Frame frame, byte value, Expansion expansion)
    {
        if (value < 0x80)
        {
            if (spelling == Spelling.JsonString)
            {
                if (value == '\\')
                {
                    if (Allows(frame, 0, Characters.CharSet.LastScalar))
                    {
                        Continue(frame, Escape, 0, 0, expansion);
                    }

                    return;
                }

                if (value is < 0x20 or (byte)'"')
                {
                    return;
                }
            }

            if (Allows(frame, value, value))
            {
                Take(frame, value, expansion);
            }

            return;
        }

        switch (value)
        {
            case >= 0xC2 and <= 0xDF:
                ContinueUtf8(frame, Utf8Two, 1, value & 0x1F, expansion);
                break;
            case >= 0xE0 and <= 0xEF:
                ContinueUtf8(frame, Utf8Three, 2, value & 0x0F, expansion);
                break;
            case >= 0xF0 and <= 0xF4:
                ContinueUtf8(frame, Utf8Four, 3, value & 0x07, expansion);
                break;
            default:
                break;
        }
    }

    private void ContinueUtf8(Frame frame, long kind, int left, int sofar, Expansion expansion)
    {
        var smallest = kind == Utf8Two ? 0x80 : kind == Utf8Three ? 0x800 : 0x10000;
        var low = Math.Max(smallest, sofar << (6 * left));
        var high = (sofar << (6 * left)) | ((1 << (6 * left)) - 1);
        if (low > high || !Allows(frame, low, high))
        {
            return;
        }

        if (left == 0)
        {
            Take(frame, sofar, expansion);
        }
        else
        {
            Continue(frame, kind, left, sofar, expansion);
        }
    }

    private void TakeEscape(Frame frame, byte value, Expansion expansion)
    {
        var scalar = value switch
        {
            (byte)'"' or (byte)'\\' or (byte)'/' => value,
            (byte)'b' => '\b',
            (byte)'f' => '\f',
            (byte)'n' => '\n',
            (byte)'r' => '\r',
            (byte)'t' => '\t',
            _ => -1,
        };
        if (scalar >= 0 && Allows(frame, scalar, scalar))
        {
            Take(frame, scalar, expansion);
        }
        else if (value == 'u')
        {
            Continue(frame, Hex, 4, 0, expansion);
        }
    }

    private void ContinueHex(Frame frame, int left, int sofar, Expansion expansion)
    {
        var low = sofar << (4 * left);
        var high = low | ((1 << (4 * left)) - 1);

        // Automata have no surrogates, so only characters of one unit answer here; the others need a high half first.
        var highLow = Math.Max(low, 0xD800);
        var highHigh = Math.Min(high, 0xDBFF);
        var isHigh = highLow <= highHigh
            && Allows(frame, 0x10000 + ((highLow - 0xD800) << 10), 0x10000 + ((highHigh - 0xD800) << 10) + 0x3FF);
        if (left > 0)
        {
            if (isHigh || Allows(frame, low, high))
            {
                Continue(frame, Hex, left, sofar, expansion);
            }
        }
        else if (isHigh)
        {
            Continue(frame, AfterHigh, 0, sofar - 0xD800, expansion);
        }
        else if (Allows(frame, low, high))
        {
            Take(frame, sofar, expansion);
        }
    }

    private void ContinueLowHex(Frame frame, int left, int highHalf, int sofar, Expansion expansion)
    {
        var low = Math.Max(sofar << (4 * left), 0xDC00);
        var high = Math.Min((sofar << (4 * left)) | ((1 << (4 * left)) - 1), 0xDFFF);
        var start = 0x10000 + (highHalf << 10);
        if (low > high || !Allows(frame, start + (low - 0xDC00), start + (high - 0xDC00)))
        {
            return;
        }

        if (left > 0)
        {
            Continue(frame, LowHex, left, (highHalf << 16) | sofar, expansion);
        }
        else
        {
            Take(frame, start + (sofar - 0xDC00), expansion);
        }
    }

    private void Continue(Frame frame, long kind, int left, int sofar, Expansion expansion) => expansion.Expand(
        expansion.Intern(
            this, frame.Parent, frame.A, frame.B, frame.C, (kind << KindShift) | ((long)left << LeftShift) | (uint)sofar, frame.Data));

    private static int HexValue(byte value) => value switch
    {
        >= (byte)'0' and <= (byte)'9' => value - '0',
        >= (byte)'a' and <= (byte)'f' => value - 'a' + 10,
        >= (byte)'A' and <= (byte)'F' => value - 'A' + 10,
        _ => -1,
    };
}
