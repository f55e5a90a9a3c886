using Gemma4.Cli.Arguments;
using Gemma4.Models;
using Gemma4.OnnxRuntime;
using Gemma4.Prompting;
using Gemma4.Safety;
using Gemma4.Safety.Policies;
using Gemma4.Tokenization;

namespace Gemma4.Cli.Inspect;

/// <summary>The stations of a request one by one, as JSON lines in and out.</summary>
internal static class InspectCommands
{
    private static readonly OptionDefinition Input = new("--input", "FILE", "Reads the lines from a file instead of standard input.");

    private static readonly OptionDefinition Tokenizer =
        new("--tokenizer", "FILE", "A tokenizer.json alone, without a model folder.");

    private static readonly OptionDefinition Decode = new("--decode", null, "The other way: {\"ids\"} to {\"text\"}.");

    public static IReadOnlyList<CommandDefinition> Definitions { get; } =
    [
        Define(
            "tokens",
            "Text to token ids: {\"text\",\"control\"} to {\"ids\"}.",
            [ModelArgument.Option, Tokenizer, Decode],
            (arguments, run) => run(arguments.Has(Decode.Name)
                ? new DecodeInspector(LoadTokenizer(arguments))
                : new TokensInspector(LoadTokenizer(arguments)))),
        Define(
            "prompt",
            """
            Messages to the prompt: {"messages","tools","options","flavor","canonical"} to {"text","ids"}.

            "messages" and "tools" are OpenAI's. "options" has the template's switches add_generation_prompt, which opens the
            model's turn as a request does, enable_thinking and preserve_thinking, all false when left out. "flavor" is small
            (E2B, E4B) or large, and the model's own when left out.
            """,
            [ModelArgument.Option, Tokenizer],
            (arguments, run) => run(new PromptInspector(LoadTokenizer(arguments), FlavorOf(arguments)))),
        Define(
            "output",
            "Raw model output to its parts: {\"input\",\"tools\",\"startsInside\"} to {\"content\",\"reasoning\",\"calls\",\"errors\"}.",
            [ModelArgument.Option, Tokenizer],
            (arguments, run) => run(new OutputInspector(LoadTokenizer(arguments)))),
        Define(
            "grammar",
            "A text under a constraint: {\"schema\" or \"regex\", \"grammar\", \"choices\", \"tools\" with \"toolMode\", \"text\"} to {\"accepted\",\"prefix\",\"at\"}.",
            [],
            (_, run) => run(new GrammarInspector())),
        Define(
            "safety",
            "What the default safety policy says: {\"text\",\"stage\",\"policy\"} to {\"verdict\",\"rules\",\"spans\",\"score\",\"text\"}.",
            [],
            (_, run) => run(new SafetyInspector(new SafetyEvaluator(new SafetyOptions())))),
        Define(
            "logits",
            "Token ids to the next token: {\"ids\",\"greedy\"} to {\"argmax\",\"top\",\"continuation\"}.",
            [ModelArgument.Option],
            async (arguments, run) =>
            {
                using var engine = OnnxGenerationEngine.Load(Gemma4ModelFolder.Open(ModelArgument.Directory(arguments)));
                await run(new LogitsInspector(engine)).ConfigureAwait(false);
            }),
    ];

    private static CommandDefinition Define(
        string name,
        string summary,
        OptionDefinition[] options,
        Func<ParsedArguments, Func<ILineInspector, Task>, Task> start) => new(
            "inspect " + name,
            "",
            0,
            0,
            summary,
            [.. options, Input],
            (arguments, streams, cancellationToken) => start(
                arguments,
                inspector => RunAsync(inspector, arguments, streams, cancellationToken)));

    private static async Task RunAsync(
        ILineInspector inspector, ParsedArguments arguments, CliStreams streams, CancellationToken cancellationToken)
    {
        using var input = arguments.Text(Input.Name) is { } file ? JsonLines.Open(File.OpenRead(file))
            : streams.RawInput is { } bytes ? JsonLines.Open(bytes)
            : null;
        await JsonLines.RunAsync(inspector, input ?? streams.Input, streams.Output, cancellationToken).ConfigureAwait(false);
    }

    private static Gemma4Tokenizer LoadTokenizer(ParsedArguments arguments)
    {
        if (arguments.Text(Tokenizer.Name) is not { } file)
        {
            return Gemma4Tokenizer.Load(Gemma4ModelFolder.Open(ModelArgument.Directory(arguments)).TokenizerPath);
        }

        return arguments.Has(ModelArgument.Option.Name)
            ? throw new UsageException("'--tokenizer' and '--model' exclude each other.")
            : Gemma4Tokenizer.Load(file);
    }

    // Without a model folder nothing tells the flavor; the small one is the default of the small models.
    private static PromptFlavor FlavorOf(ParsedArguments arguments) => arguments.Has(Tokenizer.Name)
        ? PromptFlavor.Small
        : Gemma4ModelFolder.Open(ModelArgument.Directory(arguments)).Flavor;
}
