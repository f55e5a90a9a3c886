using Gemma4.Cli.Arguments;
using Microsoft.Extensions.AI;

namespace Gemma4.Cli.Chat;

/// <summary>One question from the arguments or standard input, or a conversation at the terminal.</summary>
internal static class ChatCommand
{
    private static readonly OptionDefinition Tools = new("--tools", "demo", "Lets the model call get_weather, add and multiply.");
    private static readonly OptionDefinition Thinking = new("--thinking", null, "Lets the model think first; thoughts are shown apart.");
    private static readonly OptionDefinition System = new("--system", "TEXT", "System instructions.");

    private static readonly OptionDefinition MaxTokens =
        new("--max-tokens", "N", "Most tokens of one answer. Default: 2048.");

    private static readonly OptionDefinition Temperature =
        new("--temperature", "T", "0 always takes the likeliest token. Default: the model's own setting.");

    private static readonly OptionDefinition TopK = new("--top-k", "N", "Picks among the N likeliest tokens, 0 among all. Default: the model's own.");
    private static readonly OptionDefinition TopP = new("--top-p", "P", "Picks among the tokens that hold this share, 0 to 1. Default: the model's own.");
    private static readonly OptionDefinition Seed = new("--seed", "N", "Makes a sampled answer repeatable.");

    public static CommandDefinition Definition { get; } = new(
        "chat",
        "[PROMPT...]",
        0,
        int.MaxValue,
        "Talks to a model: PROMPT or standard input once, or a conversation at the terminal.",
        [ModelArgument.Option, Tools, Thinking, System, MaxTokens, Temperature, TopK, TopP, Seed],
        RunAsync);

    private static async Task RunAsync(ParsedArguments arguments, CliStreams streams, CancellationToken cancellationToken)
    {
        var options = ReadOptions(arguments);
        using var client = new Gemma4ChatClient(ModelArgument.Options(arguments)).AsBuilder().UseFunctionInvocation().Build();
        var display = new ChatDisplay(streams);
        var conversation = new Conversation(client, options, display);
        if (arguments.Positionals.Count > 0)
        {
            await conversation.AskAsync(string.Join(' ', arguments.Positionals), cancellationToken).ConfigureAwait(false);
        }
        else if (streams.IsInteractive)
        {
            var model = client.GetService<ChatClientMetadata>()?.DefaultModelId ?? "";
            display.Welcome(model, [.. (options.Tools ?? []).Select(tool => tool.Name)]);
            await TalkAsync(conversation, display, streams, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            var prompt = await Task.Run(streams.Input.ReadToEnd, cancellationToken).WaitAsync(cancellationToken).ConfigureAwait(false);
            if (string.IsNullOrWhiteSpace(prompt))
            {
                throw new UsageException("standard input is empty; give the prompt as arguments or through a pipe.");
            }

            await conversation.AskAsync(prompt.TrimEnd('\r', '\n'), cancellationToken).ConfigureAwait(false);
        }
    }

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

    private static async Task TalkAsync(Conversation conversation, ChatDisplay display, CliStreams streams, CancellationToken cancellationToken)
    {
        var interruption = streams.Interruption ?? new Interruption();
        while (true)
        {
            display.Prompt();
            var line = await Task.Run(streams.Input.ReadLine, cancellationToken).WaitAsync(cancellationToken).ConfigureAwait(false);
            switch (line?.Trim())
            {
                case null or "/exit" or "/quit":
                    return;
                case "":
                    break;
                case "/clear":
                    conversation.Clear();
                    break;
                case ['/', ..] command when !command.Contains(' ', StringComparison.Ordinal):
                    await streams.Output.WriteLineAsync(
                        $"There is no '{command}'.{NearestName.Suggest(command, ["/clear", "/exit"])}").ConfigureAwait(false);
                    break;
                default:
                    if (!await interruption.RunAnswerAsync(token => conversation.AskAsync(line, token), cancellationToken).ConfigureAwait(false))
                    {
                        display.Line("(stopped; Ctrl+C once more leaves)", "grey");
                    }

                    break;
            }
        }
    }
}
