using System.Globalization;
using Microsoft.Extensions.AI;
using Spectre.Console;

namespace Gemma4.Cli.Chat;

/// <summary>
/// Shows a response while it streams: the answer as it is, reasoning, calls and results on marked lines of their own. On a
/// terminal those have other colors; elsewhere they go to the error stream, so that the output is the answer alone.
/// </summary>
internal sealed class ChatDisplay : IAnswerDisplay
{
    private readonly TextWriter _output;
    private readonly TextWriter _remarks;
    private readonly IAnsiConsole? _console;
    private bool _isInReasoning;
    private bool _isConversation;

    // Whose line is not ended yet.
    private TextWriter? _open;

    public ChatDisplay(CliStreams streams)
    {
        _output = streams.Output;
        _remarks = streams.IsTerminal ? streams.Output : streams.Error;
        _console = streams.IsTerminal
            ? AnsiConsole.Create(new AnsiConsoleSettings
            {
                Out = new AnsiConsoleOutput(streams.Output),
                ColorSystem = streams.NoColor ? ColorSystemSupport.NoColors : ColorSystemSupport.Detect,
            })
            : null;
    }

    public void Welcome(string model, IReadOnlyList<string> tools)
    {
        _isConversation = true;
        if (_console is null)
        {
            return;
        }

        var rows = new Grid().AddColumn().AddColumn();
        rows.AddRow(new Text("model"), new Text(model, new Style(Color.Aqua)));
        if (tools.Count > 0)
        {
            rows.AddRow(new Text("tools"), new Text(string.Join(", ", tools), new Style(Color.Yellow)));
        }

        rows.AddRow(new Text("keys"), new Text("/clear forgets what was said, /help tells more, Ctrl+C ends an answer"));
        _console.Write(new Panel(rows) { Header = new PanelHeader(" gemma4 chat "), Border = BoxBorder.Rounded });
        _output.Flush();
    }

    public void Prompt(bool isContinued)
    {
        Write(_remarks, isContinued ? "... " : "> ", "aqua");
        _open = null; // The person's return key ends the line.
        _output.Flush();
    }

    public void Leave()
    {
        Write(_remarks, "\n", color: null);
        _output.Flush();
    }

    public void Explain(string text) => Remark(text, "grey");

    public void Show(IEnumerable<AIContent> contents)
    {
        foreach (var content in contents)
        {
            switch (content)
            {
                case TextReasoningContent reasoning: Reason(reasoning.Text); break;
                case TextContent text: Answer(text.Text); break;
                case FunctionCallContent call: Remark(Describe(call), "yellow"); break;
                case FunctionResultContent result: Remark("result: " + Describe(result), "green"); break;
                default: break;
            }
        }

        _output.Flush();
    }

    public void End(ChatResponse response, AnswerEnd end, TimeSpan time)
    {
        StartLine();
        if (end == AnswerEnd.Interrupted)
        {
            Remark(_isConversation ? "(stopped; Ctrl+C once more leaves)" : "(stopped)", "grey");
        }

        if (end == AnswerEnd.Complete && response.FinishReason == ChatFinishReason.Length)
        {
            Remark("(cut off: the answer reached its token limit)", "grey");
        }

        if (_console is not null && end == AnswerEnd.Complete && response.Usage is { OutputTokenCount: > 0 } usage)
        {
            Remark(
                string.Create(CultureInfo.InvariantCulture, $"{usage.InputTokenCount} tokens in, {usage.CachedInputTokenCount ?? 0} of them cached, {usage.OutputTokenCount} out, {time.TotalSeconds:F1} s"),
                "grey");
        }

        _output.Flush();
    }

    public void Fail(Exception problem) => Remark(CliApplication.MessageOf(problem), "red");

    /// <summary>A line about the answer.</summary>
    public void Remark(string text, string color)
    {
        StartLine();
        Write(_remarks, text, color);
        StartLine();
        _output.Flush();
    }

    /// <summary>A line that belongs to the output.</summary>
    public void Line(string text)
    {
        StartLine();
        Write(_output, text, color: null);
        StartLine();
    }

    private void Answer(string text)
    {
        if (_isInReasoning)
        {
            StartLine();
        }

        Write(_output, text, color: null);
    }

    private void Reason(string text)
    {
        if (!_isInReasoning)
        {
            StartLine();
            Write(_remarks, "thinking: ", "grey");
            _isInReasoning = true;
        }

        Write(_remarks, text, "grey");
    }

    private void StartLine()
    {
        _isInReasoning = false;
        _open?.Write('\n');
        _open = null;
    }

    private void Write(TextWriter writer, string text, string? color)
    {
        if (text.Length == 0)
        {
            return;
        }

        _open = text[^1] == '\n' ? null : writer;
        if (_console is null)
        {
            // The error stream is a terminal more often than not.
            writer.Write(writer == _output ? text : TerminalText.WithoutControls(text));
        }
        else if (color is null)
        {
            writer.Write(TerminalText.WithoutControls(text));
        }
        else
        {
            _console.Markup(CultureInfo.InvariantCulture, $"[{color}]{Markup.Escape(TerminalText.WithoutControls(text))}[/]");
        }
    }

    private static string Describe(FunctionCallContent call)
    {
        var arguments = string.Join(", ", (call.Arguments ?? new Dictionary<string, object?>())
            .Select(argument => string.Create(CultureInfo.InvariantCulture, $"{argument.Key}: {argument.Value}")));
        return call.Exception is null
            ? $"call: {call.Name}({arguments})"
            : $"call: {call.Name} could not be read: {CliApplication.OneLine(call.Exception.Message)}";
    }

    private static string Describe(FunctionResultContent result) => result.Exception is { } problem
        ? CliApplication.OneLine(problem.Message)
        : CliApplication.OneLine(Convert.ToString(result.Result, CultureInfo.InvariantCulture) ?? "");
}
