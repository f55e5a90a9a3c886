using System.Text.Json;
using Gemma4.Cli.Arguments;
using Gemma4.Prompting;
using Gemma4.Tokenization;

namespace Gemma4.Cli.Inspect;

/// <summary><c>{"messages","tools","options","flavor","canonical"}</c> to <c>{"text","ids"}</c>.</summary>
internal sealed class PromptInspector(Gemma4Tokenizer tokenizer, PromptFlavor modelFlavor) : ILineInspector
{
    private static readonly string[] Switches = ["add_generation_prompt", "enable_thinking", "preserve_thinking"];
    private static readonly JsonElement NoOptions = JsonElement.Parse("{}");

    public void Answer(JsonElement line, Utf8JsonWriter answer, CancellationToken cancellationToken)
    {
        var messages = line.Optional("messages") is { ValueKind: JsonValueKind.Array } array
            ? array
            : throw new FormatException("\"messages\" is missing or not an array.");
        var prompt = PromptRenderer.RenderJson(messages, line.Optional("tools"), ReadOptions(line));
        answer.WriteString("text", prompt.Text);
        try
        {
            answer.WriteIds("ids", prompt.Encode(tokenizer));
        }
        catch (InvalidOperationException problem)
        {
            // A small vocabulary may lack a control token; the text is right all the same.
            answer.WriteNull("ids");
            answer.WriteString("note", CliApplication.OneLine(problem.Message));
        }
    }

    // The published template's own defaults: everything off.
    private PromptOptions ReadOptions(JsonElement line)
    {
        var options = line.Optional("options") ?? NoOptions;
        if (options.ValueKind != JsonValueKind.Object)
        {
            throw new FormatException("\"options\" is not an object.");
        }

        // A misspelt switch would show a prompt that no request has.
        if (options.EnumerateObject().Select(member => member.Name).FirstOrDefault(name => !Switches.Contains(name)) is { } unknown)
        {
            throw new FormatException($"\"options\" has no \"{unknown}\".{NearestName.Suggest(unknown, Switches)} It takes {string.Join(", ", Switches)}.");
        }

        return new PromptOptions
        {
            Flavor = line.OptionalText("flavor") switch
            {
                null => modelFlavor,
                "small" => PromptFlavor.Small,
                "large" => PromptFlavor.Large,
                var other => throw new FormatException($"\"flavor\" is \"{other}\"; small or large was expected."),
            },
            AddGenerationPrompt = options.Flag(Switches[0]),
            EnableThinking = options.Flag(Switches[1]),
            PreserveThinking = options.Flag(Switches[2]),
            Canonical = line.Flag("canonical"),
        };
    }
}
