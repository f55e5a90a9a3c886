using System.Globalization;
using Microsoft.Extensions.AI;

namespace Gemma4.Parsing;

/// <summary>
/// The parser's core: takes control tokens and the text between them, gives text, reasoning and whole calls. It
/// decides by position in the text, never by chunk, so any chunking gives the same contents.
/// </summary>
internal sealed class ResponseStateMachine
{
    /// <summary>The key that marks a call cut off before its closing bracket, in its additional properties.</summary>
    public const string CutOffProperty = "gemma4.cut_off";

    // How much of an overlong call goes into its error item.
    private const int OverlongExcerpt = 1024;

    private readonly DeclaredTools _tools;
    private readonly ToolCallReader _reader;
    private readonly VisibleText _text;
    private readonly string _callIdPrefix;
    private readonly CallText _call = new();
    private readonly ThoughtText _thought = new();
    private readonly ContentLead _lead;
    private CallOpeningProbe _opening;
    private State _state;
    private bool _followsItem;
    private int _callNumber;

    public ResponseStateMachine(
        DeclaredTools tools,
        bool startsInsideThought = false,
        IReadOnlyList<string>? stopSequences = null,
        string callIdPrefix = "call_")
    {
        _tools = tools;
        _reader = new ToolCallReader(tools);
        _text = new VisibleText(stopSequences);
        _callIdPrefix = callIdPrefix;
        _lead = new ContentLead(tools);
        _state = startsInsideThought ? State.Thought : State.Content;
    }

    private enum State
    {
        Content,
        Thought,
        CallOpening,
        Call,
        OverlongCall,
        Finished,
    }

    public bool IsFinished => _state == State.Finished;

    public bool IsInsideThought => _state == State.Thought;

    public string? MatchedStopSequence => _text.MatchedStopSequence;

    public int CallCount { get; private set; }

    public int ErrorCount { get; private set; }

    public void OnText(ReadOnlySpan<char> text, IList<AIContent> output)
    {
        while (!text.IsEmpty)
        {
            switch (_state)
            {
                case State.Content:
                    text = OnContent(text, output);
                    break;
                case State.Thought:
                    _thought.Append(text, output);
                    return;
                case State.CallOpening:
                    text = OnCallOpening(text, output);
                    break;
                case State.Call:
                    AppendToCall(text, output);
                    return;
                default:
                    return;
            }
        }
    }

    public void OnControl(ControlToken token, IList<AIContent> output)
    {
        if (_state == State.Finished)
        {
            return;
        }

        var inCall = _state is State.CallOpening or State.Call or State.OverlongCall;
        switch (token)
        {
            case ControlToken.ToolCallOpen:
                EndState(token, output);
                Enter(State.CallOpening);
                _opening = new CallOpeningProbe();
                break;
            case ControlToken.ToolCallClose when inCall:
                EndState(token, output);
                Enter(State.Content);
                break;
            case ControlToken.ChannelOpen when _state == State.Content:
                EndState(token, output);
                Enter(State.Thought);
                _thought.Open();
                break;
            case ControlToken.ChannelClose when _state == State.Thought:
                EndState(token, output);
                Enter(State.Content);
                break;
            case ControlToken.StringDelimiter when _state == State.CallOpening:
                // Only a call has delimited strings, so the doubt is over.
                _state = State.Call;
                AppendDelimiter(output);
                break;
            case ControlToken.StringDelimiter when _state == State.Call:
                AppendDelimiter(output);
                break;
            case ControlToken.ToolResponseOpen or ControlToken.TurnOpen or ControlToken.TurnClose or ControlToken.EndOfSequence:
                EndState(token, output);
                Enter(State.Finished);
                break;
            default:
                // Stray and meaningless control tokens vanish.
                break;
        }
    }

    /// <summary>The stream has ended: gives out whatever is still held.</summary>
    public void Complete(IList<AIContent> output)
    {
        if (_state != State.Finished)
        {
            EndState(null, output);
            Enter(State.Finished);
        }
    }

    // A stop sequence met on the way is final.
    private void Enter(State state) => _state = MatchedStopSequence is null ? state : State.Finished;

    private void EndState(ControlToken? token, IList<AIContent> output)
    {
        switch (_state)
        {
            case State.Content:
                EndContent(token, output);
                break;
            case State.Thought:
                _thought.Close(output);
                _followsItem = true;
                break;
            case State.CallOpening:
                EndCallOpening(token, output);
                break;
            case State.Call:
                EndCall(_call.Take(), token, output);
                break;
            default:
                break;
        }

        _lead.Restart();
    }

    private ReadOnlySpan<char> OnContent(ReadOnlySpan<char> text, IList<AIContent> output)
    {
        while (_lead.IsOpen)
        {
            if (text.IsEmpty)
            {
                return text;
            }

            var verdict = _lead.Feed(text[0]);
            text = text[1..];
            if (verdict == ContentLead.Verdict.Call)
            {
                _state = State.Call;
                _call.TryAppend(_lead.TakeCall());
                return text;
            }

            if (verdict == ContentLead.Verdict.Text)
            {
                Show(string.Concat(_lead.Take(), text), output);
                return default;
            }
        }

        Show(text, output);
        return default;
    }

    private void EndContent(ControlToken? token, IList<AIContent> output)
    {
        if (_lead.IsOpen)
        {
            // White space beside a call or a thought is layout, not content.
            var blank = _lead.IsBlank;
            var held = _lead.Take();
            var isLayout = _followsItem || token is ControlToken.ToolCallOpen or ControlToken.ChannelOpen;
            if (held.Length > 0 && !(blank && isLayout))
            {
                Show(held, output);
            }
        }

        Flush(output);
        _followsItem = false;
    }

    private void Show(ReadOnlySpan<char> text, IList<AIContent> output)
    {
        _text.Show(text, output);
        FinishAtStop();
    }

    private void Flush(IList<AIContent> output)
    {
        _text.Flush(output);
        FinishAtStop();
    }

    private void FinishAtStop()
    {
        if (MatchedStopSequence is not null)
        {
            _state = State.Finished;
        }
    }

    private ReadOnlySpan<char> OnCallOpening(ReadOnlySpan<char> text, IList<AIContent> output)
    {
        while (!text.IsEmpty)
        {
            AppendToCall(text[..1], output);
            var verdict = _opening.Feed(text[0]);
            text = text[1..];
            if (verdict == CallOpeningProbe.Verdict.Call)
            {
                _state = State.Call;
                return text;
            }

            if (verdict == CallOpeningProbe.Verdict.Text)
            {
                // Together, so that no surrogate pair is torn between two contents.
                GiveBack(string.Concat(_call.Take(), text), output);
                return default;
            }
        }

        return text;
    }

    private void EndCallOpening(ControlToken? token, IList<AIContent> output)
    {
        var text = _call.Take();
        if (string.IsNullOrWhiteSpace(text))
        {
            // A doubled opener is one opener; any other empty call is a call that went missing.
            if (token != ControlToken.ToolCallOpen)
            {
                AddError(ToolCallReading.UnknownName, "the call is empty", text, output);
            }
        }
        else if (_tools.Contains(text.Trim()))
        {
            EndCall(text, token, output);
        }
        else
        {
            GiveBack(text, output);
            Flush(output);
        }
    }

    private void AppendToCall(ReadOnlySpan<char> text, IList<AIContent> output)
    {
        if (!_call.TryAppend(text))
        {
            EndOverlongCall(output);
        }
    }

    private void AppendDelimiter(IList<AIContent> output)
    {
        if (!_call.TryAppendDelimiter())
        {
            EndOverlongCall(output);
        }
    }

    private void EndOverlongCall(IList<AIContent> output)
    {
        var text = _call.Take();
        _state = State.OverlongCall;
        var raw = ToolCallReader.SpellDelimiters(text[..OverlongExcerpt]);
        AddError(_reader.ReadName(text), $"it is longer than {CallText.MaxLength} characters", raw, output);
    }

    private void EndCall(string text, ControlToken? token, IList<AIContent> output)
    {
        var isClosed = token is ControlToken.ToolCallClose or ControlToken.ToolResponseOpen;
        var position = 0;
        while (true)
        {
            var reading = _reader.Read(text, position, isClosed);
            var next = SkipBetweenCalls(text, reading.End);
            var isNext = text.AsSpan(next).StartsWith(ToolCallReader.CallPrefix, StringComparison.Ordinal);
            if (reading.Error is null && reading.UsedRawText && next < text.Length && !isNext)
            {
                // Where a string's end was a guess, text behind the call says that the guess was wrong.
                reading = reading with { Error = $"its end was expected at '{ToolCallReader.Excerpt(text, next)}'" };
            }

            if (reading.Error is not null)
            {
                AddError(reading.Name, reading.Error, ToolCallReader.SpellDelimiters(text), output);
                return;
            }

            AddCall(reading, output);
            if (!isNext)
            {
                GiveBack(
                    text[next..].Replace(ToolCallReader.Delimiter.ToString(), string.Empty, StringComparison.Ordinal), output);
                Flush(output);
                return;
            }

            position = next;
        }
    }

    private void AddCall(ToolCallReading reading, IList<AIContent> output)
    {
        CallCount++;
        var call = new FunctionCallContent(NextCallId(), reading.Name, reading.Arguments);
        if (reading.IsCutOff)
        {
            call.AdditionalProperties = new AdditionalPropertiesDictionary { [CutOffProperty] = true };
        }

        output.Add(call);
        _followsItem = true;
    }

    private void AddError(string name, string reason, string raw, IList<AIContent> output)
    {
        ErrorCount++;
        output.Add(new FunctionCallContent(NextCallId(), name)
        {
            Exception = new FormatException(
                $"The model's call of '{name}' cannot be read: {reason}. Its text is in RawRepresentation; ask the model to "
                + "call again, or constrain the call while it is generated."),
            RawRepresentation = raw,
            // Function invocation does not look at Exception: it would run the function without arguments.
            InformationalOnly = true,
        });
        _followsItem = true;
    }

    private string NextCallId() => _callIdPrefix + (++_callNumber).ToString(CultureInfo.InvariantCulture);

    private void GiveBack(string text, IList<AIContent> output)
    {
        _lead.Close();
        _state = State.Content;
        Show(text, output);
    }

    private static int SkipBetweenCalls(string text, int position)
    {
        while (position < text.Length
            && (char.IsWhiteSpace(text[position]) || text[position] is ',' or ';' or '}' or ')' or ']'))
        {
            position++;
        }

        return position;
    }
}
