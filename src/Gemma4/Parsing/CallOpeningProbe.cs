namespace Gemma4.Parsing;

/// <summary>Decides, character by character, whether the text after a call opener is a call or prose.</summary>
/// <remarks>The verdict depends on the text alone, so any chunking gives the same one.</remarks>
internal struct CallOpeningProbe
{
    public enum Verdict
    {
        Undecided,
        Call,
        Text,
    }

    // Longer than any sensible function name; a bound keeps an endless "name" from being held back for ever.
    private const int MaxLength = 512;
    private const string CallPrefix = "call:";

    private int _length;
    private int _prefixMatched;
    private bool _sawMark;
    private bool _inName;
    private bool _afterName;

    public CallOpeningProbe()
    {
    }

    public Verdict Feed(char c)
    {
        if (++_length > MaxLength)
        {
            return Verdict.Text;
        }

        if (_afterName)
        {
            return char.IsWhiteSpace(c) ? Verdict.Undecided : c is '{' or '(' ? Verdict.Call : Verdict.Text;
        }

        if (_inName)
        {
            if (_prefixMatched > 0 && CallPrefix[_prefixMatched] == c)
            {
                if (++_prefixMatched == CallPrefix.Length)
                {
                    return Verdict.Call;
                }

                return Verdict.Undecided;
            }

            _prefixMatched = 0;
            if (ToolCallReader.IsNamePart(c))
            {
                return Verdict.Undecided;
            }

            _inName = false;
            _afterName = true;
            return char.IsWhiteSpace(c) ? Verdict.Undecided : c is '{' or '(' ? Verdict.Call : Verdict.Text;
        }

        if (char.IsWhiteSpace(c))
        {
            return Verdict.Undecided;
        }

        if (c == '{')
        {
            return Verdict.Call;
        }

        if (!_sawMark && c is ':' or '-')
        {
            _sawMark = true;
            return Verdict.Undecided;
        }

        if (!ToolCallReader.IsNameStart(c))
        {
            return Verdict.Text;
        }

        _inName = true;
        _prefixMatched = !_sawMark && c == CallPrefix[0] ? 1 : 0;
        return Verdict.Undecided;
    }
}
