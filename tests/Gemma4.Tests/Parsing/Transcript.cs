using System.Text;
using System.Text.Json;
using Gemma4.Parsing;
using Microsoft.Extensions.AI;

namespace Gemma4.Tests.Parsing;

/// <summary>A response with its control tokens spelled out, as the events a parser gets.</summary>
internal sealed class Transcript
{
    private static readonly (string Spelling, ControlToken Token)[] Controls =
    [
        ("<|channel>", ControlToken.ChannelOpen),
        ("<channel|>", ControlToken.ChannelClose),
        ("<|tool_call>", ControlToken.ToolCallOpen),
        ("<tool_call|>", ControlToken.ToolCallClose),
        ("<|tool_response>", ControlToken.ToolResponseOpen),
        ("<tool_response|>", ControlToken.Other),
        ("<|turn>", ControlToken.TurnOpen),
        ("<turn|>", ControlToken.TurnClose),
        ("<eos>", ControlToken.EndOfSequence),
        ("<pad>", ControlToken.Other),
        ("<|\"|>", ControlToken.StringDelimiter),
    ];

    private readonly List<(ControlToken? Control, string Text)> _events = [];

    public Transcript(string text, bool literal = false)
    {
        var start = 0;
        for (var i = 0; i < text.Length && !literal; i++)
        {
            foreach (var (spelling, token) in Controls)
            {
                if (string.CompareOrdinal(text, i, spelling, 0, spelling.Length) == 0)
                {
                    AddText(text[start..i]);
                    _events.Add((token, spelling));
                    i += spelling.Length - 1;
                    start = i + 1;
                    break;
                }
            }
        }

        AddText(text[start..]);
    }

    public int TextLength { get; private set; }

    /// <summary>Parses with the text cut wherever <paramref name="cutAfter"/> says, counting its characters.</summary>
    public Outcome Parse(ResponseStateMachine machine, Func<int, bool> cutAfter)
    {
        var output = new List<AIContent>();
        var position = 0;
        foreach (var (control, text) in _events)
        {
            if (control is { } token)
            {
                machine.OnControl(token, output);
                continue;
            }

            var start = 0;
            for (var i = 0; i < text.Length; i++)
            {
                if (cutAfter(position++) || i == text.Length - 1)
                {
                    machine.OnText(text.AsSpan(start, i + 1 - start), output);
                    start = i + 1;
                }
            }
        }

        machine.Complete(output);
        return new Outcome(output, machine);
    }

    private void AddText(string text)
    {
        if (text.Length > 0)
        {
            _events.Add((null, text));
            TextLength += text.Length;
        }
    }

    /// <summary>Everything a response came to, adjacent pieces of the same kind joined.</summary>
    internal sealed class Outcome
    {
        public Outcome(List<AIContent> contents, ResponseStateMachine machine)
        {
            Contents = contents;
            Stop = machine.MatchedStopSequence;
            Errors = machine.ErrorCount;
            string? kind = null;
            var line = new StringBuilder();
            foreach (var content in contents)
            {
                var (next, text) = content switch
                {
                    TextContent t => ("text", t.Text),
                    TextReasoningContent r => ("reasoning", r.Text),
                    FunctionCallContent c => ("call " + c.CallId, Describe(c)),
                    _ => throw new InvalidOperationException(content.GetType().Name),
                };
                if (next != kind)
                {
                    line.Append(line.Length == 0 ? "" : "\n").Append(next).Append(": ");
                    kind = next;
                }

                line.Append(text);
            }

            Summary = line.Append("\nerrors: ").Append(Errors).Append(" stop: ").Append(Stop).ToString();
        }

        public List<AIContent> Contents { get; }

        public string? Stop { get; }

        public int Errors { get; }

        public string Summary { get; }

        public string Text => string.Concat(Contents.OfType<TextContent>().Select(c => c.Text));

        public string Reasoning => string.Concat(Contents.OfType<TextReasoningContent>().Select(c => c.Text));

        public List<FunctionCallContent> Calls => [.. Contents.OfType<FunctionCallContent>().Where(c => c.Exception is null)];

        private static string Describe(FunctionCallContent call) => call.Exception is { } error
            ? $"{call.Name} ! {error.Message}"
            : $"{call.Name} {JsonSerializer.Serialize(call.Arguments)} {call.AdditionalProperties?.Count}";
    }
}
