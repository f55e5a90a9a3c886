using System.Text.Json;
using Gemma4.Prompting;
using Microsoft.Extensions.AI;
using Xunit;

namespace Gemma4.Tests.Prompting;

/// <summary>Short forms for prompts in tests: <c>~</c> stands for the string delimiter.</summary>
internal static class PromptText
{
    public static readonly PromptOptions Small = new() { Flavor = PromptFlavor.Small };

    public static JsonElement Json(string json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }

    public static string Short(RenderedPrompt prompt) =>
        prompt.Text.Replace("<|\"|>", "~", StringComparison.Ordinal);

    public static string FromJson(string messages, PromptOptions? options = null) =>
        Short(PromptRenderer.RenderJson(Json(messages), null, options ?? Small));

    public static string FromChat(PromptOptions options, params ChatMessage[] messages) =>
        Short(PromptRenderer.Render(messages, null, options));

    /// <summary>What a declaration shows for one property, given its schema.</summary>
    public static string Property(string schema)
    {
        var parameters = $$$$"""{"type":"object","properties":{"p":{{{{schema}}}}}}""";
        var text = Parameters(parameters);
        const string Start = ",parameters:{properties:{";
        const string End = "},type:~OBJECT~}";
        Assert.StartsWith(Start, text, StringComparison.Ordinal);
        Assert.EndsWith(End, text, StringComparison.Ordinal);
        return text[Start.Length..^End.Length];
    }

    /// <summary>What a declaration shows after the description, given the parameters.</summary>
    public static string Parameters(string parameters) => Function($$$$"""{"name":"f","parameters":{{{{parameters}}}}}""");

    public static string Function(string function)
    {
        var tools = Json($$$$"""[{"type":"function","function":{{{{function}}}}}]""");
        var text = Short(PromptRenderer.RenderJson(Json("[]"), tools, Small));
        const string Start = "<bos><|turn>system\n<|tool>declaration:f{description:~~";
        const string End = "}<tool|><turn|>\n<|turn>model\n";
        Assert.StartsWith(Start, text, StringComparison.Ordinal);
        Assert.EndsWith(End, text, StringComparison.Ordinal);
        return text[Start.Length..^End.Length];
    }
}
