using System.Globalization;
using System.Text;
using Microsoft.Extensions.AI;
using Spectre.Console;

namespace Gemma4.Cli.Chat;

/// <summary>
/// Shows a response while it streams: the answer as it is, reasoning, calls and results on marked lines of their own and,
/// on a terminal, in other colors.
/// </summary>
internal sealed class ChatDisplay
{
    private readonly TextWriter _output;
    private readonly IAnsiConsole? _console;
    private bool _isInReasoning;
    private bool _isAtLineStart = true;

    public ChatDisplay(CliStreams streams)
    {
        _output = streams.Output;
        _console = streams.IsInteractive
            ? AnsiConsole.Create(new AnsiConsoleSettings
            {
                Out = new AnsiConsoleOutput(streams.Output),
                ColorSystem = streams.NoColor ? ColorSystemSupport.NoColors : ColorSystemSupport.Detect,
            })
            : null;
    }

    /// <summary>Says at the start of a conversation what talks here; only on a terminal.</summary>
    public void Welcome(string model, IReadOnlyList<string> tools)
    {
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

        rows.AddRow(new Text("keys"), new Text("/clear forgets the conversation, /exit leaves, Ctrl+C ends an answer"));
        _console.Write(new Panel(rows) { Header = new PanelHeader(" gemma4 chat "), Border = BoxBorder.Rounded });
        _output.Flush();
    }

    /// <summary>Asks for the next message.</summary>
    public void Prompt()
    {
        Write("> ", "aqua");
        _isAtLineStart = true; // The person's return key ends the line.
        _output.Flush();
    }

    /// <summary>What an answer cost, in small print; only on a terminal.</summary>
    public void Usage(UsageDetails? usage, TimeSpan time)
    {
        if (_console is not null && usage?.OutputTokenCount is > 0 and var tokens)
        {
            Line(
                string.Create(CultureInfo.InvariantCulture, $"{usage.InputTokenCount} tokens in, {usage.CachedInputTokenCount ?? 0} of them cached, {tokens} out, {time.TotalSeconds:F1} s"),
                "grey");
        }

        _output.Flush();
    }

    public void Show(IEnumerable<AIContent> contents)
    {
        foreach (var content in contents)
        {
            switch (content)
            {
                case TextReasoningContent reasoning: Reason(reasoning.Text); break;
                case TextContent text: Answer(text.Text); break;
                case FunctionCallContent call: Line(Describe(call), "yellow"); break;
                case FunctionResultContent result: Line("result: " + Describe(result), "green"); break;
                default: break;
            }
        }

        _output.Flush();
    }

    /// <summary>Ends the response's last line.</summary>
    public void End()
    {
        StartLine();
        _output.Flush();
    }

    public void Line(string text, string color)
    {
        StartLine();
        Write(text, color);
        _output.Write('\n');
        _isAtLineStart = true;
    }

    private void Answer(string text)
    {
        if (_isInReasoning)
        {
            StartLine();
        }

        Write(text, color: null);
    }

    private void Reason(string text)
    {
        if (!_isInReasoning)
        {
            StartLine();
            Write("thinking: ", "grey");
            _isInReasoning = true;
        }

        Write(text, "grey");
    }

    private void StartLine()
    {
        _isInReasoning = false;
        if (!_isAtLineStart)
        {
            _output.Write('\n');
            _isAtLineStart = true;
        }
    }

    private void Write(string text, string? color)
    {
        if (text.Length == 0)
        {
            return;
        }

        _isAtLineStart = text[^1] == '\n';
        if (_console is null)
        {
            _output.Write(text);
        }
        else if (color is null)
        {
            _output.Write(WithoutControls(text));
        }
        else
        {
            _console.Markup(CultureInfo.InvariantCulture, $"[{color}]{Markup.Escape(WithoutControls(text))}[/]");
        }
    }

    // What a model writes must not move the cursor or retitle the window.
    private static string WithoutControls(string text)
    {
        if (!text.Any(char.IsControl))
        {
            return text;
        }

        var result = new StringBuilder(text.Length);
        foreach (var letter in text)
        {
            result.Append(!char.IsControl(letter) || letter is '\n' or '\t' ? letter : '\uFFFD');
        }

        return result.ToString();
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
