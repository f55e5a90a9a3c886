using Gemma4.Cli.Arguments;
using Microsoft.Extensions.AI;

namespace Gemma4.Cli.Chat;

/// <summary>One question from the arguments or standard input, or a conversation at the terminal.</summary>
internal static class ChatCommand
{
    private static readonly OptionDefinition Tools = new("--tools", "demo", "Lets the model call get_weather, add and multiply.") { Values = ["demo"] };
    private static readonly OptionDefinition Thinking = new("--thinking", null, "Lets the model think first; thoughts are shown apart.");
    private static readonly OptionDefinition System = new("--system", "TEXT", "System instructions.");

    private static readonly OptionDefinition MaxTokens =
        new("--max-tokens", "N", "Most tokens of one answer. Default: 2048.");

    private static readonly OptionDefinition Temperature =
        new("--temperature", "T", "0 always takes the likeliest token. Default: the model's own setting.");

    private static readonly OptionDefinition TopK = new("--top-k", "N", "Picks among the N likeliest tokens, 0 among all. Default: the model's own.");
    private static readonly OptionDefinition TopP = new("--top-p", "P", "Picks among the tokens that hold this share, 0 to 1. Default: the model's own.");
    private static readonly OptionDefinition Seed = new("--seed", "N", "Makes a sampled answer repeatable.");

    private static readonly OptionDefinition Json =
        new("--json", null, "Prints each answer as one JSON object; without PROMPT each line of standard input is a message.");

    private const string Quotes = "\"\"\"";

    private const string Help = """"
        /clear    forgets the conversation
        /exit     leaves, as Ctrl+D does
        """       begins and ends a message of several lines
        Ctrl+C    ends an answer; at the prompt, the program
        """";

    public static CommandDefinition Definition { get; } = new(
        "chat",
        "[PROMPT...]",
        0,
        int.MaxValue,
        """
        Talks to a model: PROMPT or standard input once, or a conversation at the terminal.

        In a pipe the output is the answer alone; thoughts, calls and results go to the error stream. Ctrl+C ends an answer:
        a conversation goes on, a single question exits with 130 after what came. In a conversation /help lists the commands.
        With --json an answer is one line: {"model","answer","reasoning","calls","finish_reason","usage"}. Several lines of
        standard input are one conversation, a line of output for each; /clear forgets it, and a message that fails is answered
        with {"error"}.
        """,
        [ModelArgument.Option, Tools, Thinking, System, MaxTokens, Temperature, TopK, TopP, Seed, Json],
        RunAsync);

    private static async Task RunAsync(ParsedArguments arguments, CliStreams streams, CancellationToken cancellationToken)
    {
        var options = ReadOptions(arguments);
        var prompt = arguments.Positionals.Count > 0 ? string.Join(' ', arguments.Positionals) : null;
        if (prompt is not null && string.IsNullOrWhiteSpace(prompt))
        {
            throw new UsageException("the prompt is empty.");
        }

        using var client = new Gemma4ChatClient(ModelArgument.Options(arguments)).AsBuilder().UseFunctionInvocation().Build();
        var model = ModelArgument.ModelId(client);
        IAnswerDisplay display = arguments.Has(Json.Name) ? new JsonDisplay(streams, model) : new ChatDisplay(streams);
        var conversation = new Conversation(client, options, display);
        if (prompt is null && (streams.IsInteractive || arguments.Has(Json.Name)))
        {
            display.Welcome(model, [.. (options.Tools ?? []).Select(tool => tool.Name)]);
            if (await TalkAsync(conversation, display, streams, cancellationToken).ConfigureAwait(false) == 0 && !streams.IsInteractive)
            {
                throw NoInput();
            }

            return;
        }

        prompt ??= await Task.Run(streams.Input.ReadToEnd, cancellationToken).WaitAsync(cancellationToken).ConfigureAwait(false);
        if (string.IsNullOrWhiteSpace(prompt))
        {
            throw NoInput();
        }

        await conversation.AskAsync(prompt.TrimEnd('\r', '\n'), cancellationToken).ConfigureAwait(false);
    }

    private static UsageException NoInput() => new("standard input is empty; give the prompt as arguments or through a pipe.");

    private static ChatOptions ReadOptions(ParsedArguments arguments)
    {
        var tools = arguments.Choice<IReadOnlyList<AIFunction>?>(
            Tools.Name, new Dictionary<string, IReadOnlyList<AIFunction>?> { ["demo"] = DemoTools.All }, otherwise: null);
        return new ChatOptions
        {
            Tools = tools is null ? null : [.. tools],
            Instructions = arguments.Text(System.Name),
            Reasoning = arguments.Has(Thinking.Name) ? new ReasoningOptions { Effort = ReasoningEffort.Medium } : null,
            MaxOutputTokens = arguments.Integer(MaxTokens.Name, 1) ?? 2048,
            Temperature = arguments.Number(Temperature.Name, 0, 100),
            TopK = arguments.Integer(TopK.Name, 0),
            TopP = arguments.Number(TopP.Name, 0, 1),
            Seed = arguments.Integer(Seed.Name, int.MinValue),
        };
    }

    /// <summary>Answers line by line. How many there were.</summary>
    private static async Task<int> TalkAsync(Conversation conversation, IAnswerDisplay display, CliStreams streams, CancellationToken cancellationToken)
    {
        var count = 0;
        while (true)
        {
            var line = await ReadMessageAsync(display, streams, cancellationToken).ConfigureAwait(false);
            count += string.IsNullOrWhiteSpace(line) ? 0 : 1;
            switch (line?.Trim())
            {
                case null:
                    display.Leave();
                    return count;
                case "/exit" or "/quit":
                    return count;
                case "/help":
                    display.Explain(Help);
                    break;
                case "":
                    break;
                case "/clear":
                    conversation.Clear();
                    break;
                case ['/', ..] command when !command.Contains(' ', StringComparison.Ordinal):
                    display.Fail(new UsageException($"There is no '{command}'.{NearestName.Suggest(command, ["/clear", "/exit", "/help"])} /help lists what there is."));
                    break;
                default:
                    await AnswerAsync(conversation, line, display, streams, cancellationToken).ConfigureAwait(false);
                    break;
            }
        }
    }

    /// <summary>A line, or at a terminal the lines between two of <see cref="Quotes"/>; null at the end of the input.</summary>
    private static async Task<string?> ReadMessageAsync(IAnswerDisplay display, CliStreams streams, CancellationToken cancellationToken)
    {
        var line = await ReadLineAsync(display, streams, isContinued: false, cancellationToken).ConfigureAwait(false);
        if (!streams.IsInteractive || line?.TrimStart().StartsWith(Quotes, StringComparison.Ordinal) != true)
        {
            return line;
        }

        List<string> lines = [];
        line = line.TrimStart()[Quotes.Length..];
        while (line is not null && !line.TrimEnd().EndsWith(Quotes, StringComparison.Ordinal))
        {
            lines.Add(line);
            line = await ReadLineAsync(display, streams, isContinued: true, cancellationToken).ConfigureAwait(false);
        }

        lines.Add(line?.TrimEnd()[..^Quotes.Length] ?? "");
        return string.Join('\n', lines).Trim('\n');
    }

    private static async Task<string?> ReadLineAsync(IAnswerDisplay display, CliStreams streams, bool isContinued, CancellationToken cancellationToken)
    {
        display.Prompt(isContinued);
        try
        {
            var line = await Task.Run(streams.Input.ReadLine, cancellationToken).WaitAsync(cancellationToken).ConfigureAwait(false);
            // Ctrl+C came before the line was complete.
            cancellationToken.ThrowIfCancellationRequested();
            return line;
        }
        catch (OperationCanceledException)
        {
            display.Leave();
            throw;
        }
    }

    private static async Task AnswerAsync(
        Conversation conversation, string line, IAnswerDisplay display, CliStreams streams, CancellationToken cancellationToken)
    {
        try
        {
            if (streams is { IsInteractive: true, Interruption: { } interruption })
            {
                await interruption.RunAnswerAsync(token => conversation.AskAsync(line, token), cancellationToken).ConfigureAwait(false);
            }
            else
            {
                await conversation.AskAsync(line, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception problem) when (problem is not OperationCanceledException)
        {
            // A conversation that is too long, say: /clear helps, and the program's end would lose it.
            display.Fail(problem);
        }
    }
}
