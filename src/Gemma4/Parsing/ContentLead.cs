using System.Text;

namespace Gemma4.Parsing;

/// <summary>
/// The beginning of a stretch of content, held until it is known to be text: white space, which may be mere layout
/// beside a call, and a call of a declared function that lacks its opening token.
/// </summary>
internal sealed class ContentLead
{
    private const int MaxWhiteSpace = 4096;
    private const int MaxName = 256;

    private readonly DeclaredTools _tools;
    private readonly StringBuilder _held = new();
    private int _callStart;

    public ContentLead(DeclaredTools tools)
    {
        _tools = tools;
    }

    public enum Verdict
    {
        Undecided,
        Text,
        Call,
    }

    public bool IsOpen { get; private set; } = true;

    public bool IsBlank => _callStart == _held.Length;

    public void Restart()
    {
        IsOpen = true;
        _held.Clear();
        _callStart = 0;
    }

    public void Close() => Take();

    public string Take()
    {
        var held = _held.ToString();
        Restart();
        IsOpen = false;
        return held;
    }

    /// <summary>The held call without the white space before it.</summary>
    public string TakeCall()
    {
        _held.Remove(0, _callStart);
        return Take();
    }

    public Verdict Feed(char c)
    {
        if (IsBlank && char.IsWhiteSpace(c))
        {
            _held.Append(c);
            return ++_callStart < MaxWhiteSpace ? Verdict.Undecided : Verdict.Text;
        }

        _held.Append(c);
        var index = _held.Length - _callStart - 1;
        if (_tools.IsEmpty)
        {
            return Verdict.Text;
        }

        var prefix = ToolCallReader.CallPrefix;
        if (index < prefix.Length)
        {
            return c == prefix[index] ? Verdict.Undecided : Verdict.Text;
        }

        if (c is '{' or '(')
        {
            var nameStart = _callStart + prefix.Length;
            return _tools.Contains(_held.ToString(nameStart, _held.Length - 1 - nameStart)) ? Verdict.Call : Verdict.Text;
        }

        return ToolCallReader.IsNamePart(c) && index < MaxName ? Verdict.Undecided : Verdict.Text;
    }
}
