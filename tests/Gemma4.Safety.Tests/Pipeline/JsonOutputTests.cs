using System.Text.Json;
using Gemma4.Safety.Policies;
using Gemma4.Testing;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Options;

namespace Gemma4.Safety.Tests.Pipeline;

public sealed class JsonOutputTests
{
    private const string Schema = """{"type":"object","properties":{"city":{"type":"string"}},"required":["city"],"additionalProperties":false}""";

    [Theory]
    [InlineData(true, StreamingMode.HoldBack)]
    [InlineData(true, StreamingMode.Sentence)]
    [InlineData(false, StreamingMode.HoldBack)]
    public async Task An_answer_that_breaks_the_schema_is_not_shown_at_all(bool isStreamed, StreamingMode mode)
    {
        var client = Pipe.Around(
            new ScriptedChatClient().Enqueue(Pipe.Cut("""{"city":"Paris. And more. "}""", 3, 5)).Enqueue(Pipe.Cut("""{"city":"Paris. And ","country":"France"}""", 3, 5)),
            options => options.Policies["default"] = new SafetyPolicy { Streaming = mode, Rules = [Rule(Schema)] });

        var valid = await Pipe.AskAsync(client, "Where?", isStreamed);
        var invalid = await Pipe.AskAsync(client, "Where?", isStreamed);

        Assert.Equal("""{"city":"Paris. And more. "}""", valid.Text);
        Assert.Equal("This request was stopped by the safety policy.", invalid.Text);
        Assert.Equal(ChatFinishReason.ContentFilter, invalid.FinishReason);
        Assert.Equal("json-output/schema/additionalProperties", Property(invalid, "safety.rule"));
        Assert.DoesNotContain("Paris", Pipe.Everything(invalid));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Thoughts_and_citations_need_not_be_JSON(bool isStreamed)
    {
        var answer = new TextContent("""{"city":"Rome"}""") { Annotations = [new CitationAnnotation { Title = "A page" }] };
        var client = Pipe.Around(new ScriptedChatClient().Enqueue(new TextReasoningContent("Rome, I think."), answer), Pipe.Rules(Rule(Schema)));

        var response = await Pipe.AskAsync(client, "Where?", isStreamed);

        Assert.Equal("""{"city":"Rome"}""", response.Text);
        Assert.Equal("A page", Assert.IsType<CitationAnnotation>(Assert.Single(response.Messages[0].Contents.OfType<TextContent>().Single().Annotations!)).Title);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_schema_of_the_request_counts_when_the_rule_says_so(bool isStreamed)
    {
        var model = new ScriptedChatClient().Enqueue("""{"city":1}""").Enqueue("""{"city":1}""").Enqueue("Paris").Enqueue("Paris, free text.");
        var client = Pipe.Around(model, Pipe.Rules(new SafetyRule { Detector = "json-output", UseResponseFormat = true, Action = SafetyAction.Refuse, Stages = [SafetyStage.Output] }));
        var format = ChatResponseFormat.ForJsonSchema(JsonElement.Parse(Schema));

        var broken = await Pipe.AskAsync(client, "Where?", isStreamed, new ChatOptions { ResponseFormat = format });
        var wellFormed = await Pipe.AskAsync(client, "Where?", isStreamed, new ChatOptions { ResponseFormat = ChatResponseFormat.Json });
        var malformed = await Pipe.AskAsync(client, "Where?", isStreamed, new ChatOptions { ResponseFormat = ChatResponseFormat.Json });
        var text = await Pipe.AskAsync(client, "Where?", isStreamed);

        Assert.Equal("json-output/schema/type", Property(broken, "safety.rule"));
        Assert.Equal("""{"city":1}""", wellFormed.Text);
        Assert.Equal("json-output/malformed", Property(malformed, "safety.rule"));
        Assert.Equal("Paris, free text.", text.Text);
        Assert.Same(format, model.Calls[0].Options!.ResponseFormat);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_schema_of_the_request_that_cannot_be_checked_ends_it_before_the_model(bool isStreamed)
    {
        var model = new ScriptedChatClient();
        var client = Pipe.Around(model, Pipe.Rules(new SafetyRule { Detector = "json-output", UseResponseFormat = true, Stages = [SafetyStage.Output] }));
        var options = new ChatOptions { ResponseFormat = ChatResponseFormat.ForJsonSchema(JsonElement.Parse("""{"unevaluatedItems":false}""")) };

        var problem = await Assert.ThrowsAsync<NotSupportedException>(() => Pipe.AskAsync(client, "Where?", isStreamed, options));

        Assert.Contains("ChatOptions.ResponseFormat", problem.Message);
        Assert.Contains("'unevaluatedItems'", problem.Message);
        Assert.Empty(model.Calls);
    }

    [Theory]
    [InlineData("secrets", Schema, false, "which only 'json-output' reads")]
    [InlineData("json-output", """{"unevaluatedItems":false}""", false, "'unevaluatedItems' at '#'")]
    [InlineData("json-output", "{", false, "no JSON")]
    [InlineData("json-output", Schema, true, "both Schema and UseResponseFormat")]
    public void A_rule_that_cannot_be_kept_is_refused_when_the_client_is_built(string detector, string schema, bool useFormat, string reason)
    {
        var rule = new SafetyRule { Detector = detector, Schema = schema, UseResponseFormat = useFormat, Stages = [SafetyStage.Output] };

        var problem = Assert.Throws<OptionsValidationException>(() => Pipe.Around(new ScriptedChatClient(), Pipe.Rules(rule)));

        Assert.Contains(reason, problem.Message);
        Assert.Contains("Safety:Policies:default:Rules:0", problem.Message);
    }

    [Fact]
    public void The_response_format_is_for_answers_only()
    {
        var rule = new SafetyRule { Detector = "json-output", UseResponseFormat = true };

        Assert.Contains("set Stages to Output", Assert.Throws<OptionsValidationException>(() => Pipe.Around(new ScriptedChatClient(), Pipe.Rules(rule))).Message);
    }

    private static SafetyRule Rule(string schema) => new() { Detector = "json-output", Schema = schema, Action = SafetyAction.Refuse, Stages = [SafetyStage.Output] };

    private static object? Property(ChatResponse response, string name) => (response.AdditionalProperties ?? response.Messages[^1].AdditionalProperties)![name];
}
