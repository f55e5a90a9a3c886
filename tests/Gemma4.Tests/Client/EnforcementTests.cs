using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.RegularExpressions;
using Gemma4.Sampling;
using Gemma4.Sampling.Constraints;
using Gemma4.Tests.Sampling.Constraints;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Gemma4.Tests.Client;

/// <summary>What a request demands of the answer holds whatever the model would rather say: hot nano, and pure noise.</summary>
public sealed class EnforcementTests
{
    // The full thousand is a benchmark: `-- structured`.
    private const int Runs = 40;

    private static readonly string[] Schemas =
    [
        """{"type":"object","properties":{"name":{"type":"string","maxLength":12},"age":{"type":"integer","minimum":0,"maximum":130}},"required":["name","age"],"additionalProperties":false}""",
        """{"type":"array","items":{"enum":["red","green","blue"]},"minItems":1,"maxItems":4}""",
        """{"type":"object","properties":{"when":{"type":"string","format":"date-time"},"tags":{"type":"array","maxItems":2,"items":{"type":"string","pattern":"^[a-z]{1,8}$"}},"ok":{"type":["boolean","null"]}},"required":["when","ok"],"additionalProperties":false}""",
        """{"$defs":{"node":{"type":"object","properties":{"v":{"type":"integer","minimum":-9,"maximum":9},"next":{"anyOf":[{"$ref":"#/$defs/node"},{"type":"null"}]}},"required":["v","next"],"additionalProperties":false}},"$ref":"#/$defs/node"}""",
    ];

    private enum Unit
    {
        Celsius,
        Fahrenheit,
    }

    private sealed record Forecast(string City, int Degrees, Unit Unit, string[] Words);

    private static readonly AIFunction[] Tools =
    [
        AIFunctionFactory.Create(([Description("City."), StringLength(20)] string city, Unit unit) => city, "get_weather", "Weather of a city."),
        AIFunctionFactory.Create((int a, int b, bool exact) => a + b, "add", "Adds."),
        AIFunctionFactory.Create(() => "now", "get_time", "Time."),
    ];

    private static IChatClient Noise(int seed)
    {
        Gemma4Options options = new() { EngineFactory = folder => new RandomEngine(folder.VocabularySize, 4096, seed), PrefixCache = { Enabled = false } };
        options.UseNano();
        return new Gemma4ChatClient(options);
    }

    // Without prefix cache a seed gives the same answer whatever was asked before.
    private static IChatClient Nano()
    {
        Gemma4Options options = new() { PrefixCache = { Enabled = false } };
        options.UseNano();
        return new Gemma4ChatClient(options);
    }

    private static ChatOptions Hot(int seed, Action<ChatOptions>? configure = null)
    {
        ChatOptions options = new() { Temperature = 2, TopK = 0, TopP = 1, Seed = seed, MaxOutputTokens = 400 };
        configure?.Invoke(options);
        return options;
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public async Task Structured_output_is_valid_whatever_the_model_wants(bool noise, bool thinks)
    {
        using IChatClient client = noise ? Noise(1) : Nano();
        for (int run = 0; run < Runs; run++)
        {
            string schema = Schemas[run % Schemas.Length];
            ChatOptions options = Hot(run, o =>
            {
                o.ResponseFormat = ChatResponseFormat.ForJsonSchema(JsonElement.Parse(schema));
                o.Reasoning = thinks ? new ReasoningOptions { Effort = ReasoningEffort.Low } : null;
                o.MaxOutputTokens = 1200;
            });

            ChatResponse response = await client.GetResponseAsync("Who is it?", options);

            Assert.True(PlainValidator.IsValid(schema, response.Text), $"{run}: {response.Text}");
            Assert.Equal(ChatFinishReason.Stop, response.FinishReason);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Json_without_a_schema_is_an_object_or_an_array(bool noise)
    {
        using IChatClient client = noise ? Noise(2) : Nano();
        int whole = 0;
        for (int run = 0; run < 10; run++)
        {
            ChatResponse response = await client.GetResponseAsync("Hi", Hot(run, o =>
            {
                o.ResponseFormat = ChatResponseFormat.Json;
                o.MaxOutputTokens = 600;
            }));

            // Noise may open brackets for ever; then the response says that it was cut.
            if (response.FinishReason == ChatFinishReason.Length)
            {
                continue;
            }

            using JsonDocument document = JsonDocument.Parse(response.Text);
            Assert.True(document.RootElement.ValueKind is JsonValueKind.Object or JsonValueKind.Array);
            whole++;
        }

        Assert.True(whole > 0, "Every answer was cut, so nothing was tested.");
    }

    [Theory]
    [InlineData(false, null)]
    [InlineData(true, null)]
    [InlineData(false, "add")]
    [InlineData(true, "add")]
    public async Task A_required_call_is_a_call_with_valid_arguments(bool noise, string? name)
    {
        using IChatClient client = noise ? Noise(3) : Nano();
        for (int run = 0; run < Runs; run++)
        {
            ChatOptions options = Hot(run, o =>
            {
                o.Tools = [.. Tools];
                o.ToolMode = name is null ? ChatToolMode.RequireAny : ChatToolMode.RequireSpecific(name);
                o.AllowMultipleToolCalls = run % 2 == 0;
                o.MaxOutputTokens = 3000;
            });

            ChatResponse response = await client.GetResponseAsync("What is the weather in Paris?", options);

            FunctionCallContent[] calls = [.. response.Messages.SelectMany(message => message.Contents).OfType<FunctionCallContent>()];
            Assert.True(response.FinishReason == ChatFinishReason.ToolCalls, $"{run}: {response.FinishReason} {calls.Length} calls, {JsonSerializer.Serialize(calls.LastOrDefault()?.Arguments)}");
            Assert.Equal("", response.Text);
            Assert.InRange(calls.Length, 1, run % 2 == 0 ? int.MaxValue : 1);
            Assert.All(calls, call => AssertValid(call, name));
        }
    }

    [Fact]
    public async Task A_call_that_a_model_begins_by_itself_is_valid_and_forbidden_where_tools_are_off()
    {
        using IChatClient client = Nano();
        int calls = 0;
        for (int run = 0; run < Runs; run++)
        {
            ChatOptions options = Hot(run, o =>
            {
                o.Tools = [.. Tools];
                o.Temperature = 1.2f;
            });
            ChatResponse response = await client.GetResponseAsync("What is the weather in Paris?", options);
            foreach (FunctionCallContent call in response.Messages.SelectMany(message => message.Contents).OfType<FunctionCallContent>())
            {
                AssertValid(call, null);
                calls++;
            }

            options.ToolMode = ChatToolMode.None;
            response = await client.GetResponseAsync("What is the weather in Paris?", options);
            Assert.DoesNotContain(response.Messages.SelectMany(message => message.Contents), content => content is FunctionCallContent);
        }

        Assert.True(calls > 0, "Nano never called a tool, so nothing was tested.");
    }

    [Fact]
    public async Task What_the_token_limit_cuts_says_so_and_was_right_up_to_there()
    {
        using IChatClient client = Noise(4);
        Gemma4Constraint constraint = Gemma4Constraint.Regex("(abc){40}");

        ChatResponse response = await client.GetResponseAsync("Hi", Hot(1, o =>
        {
            o.AdditionalProperties = new() { ["constraint"] = constraint };
            o.MaxOutputTokens = 7;
        }));

        Assert.Equal(ChatFinishReason.Length, response.FinishReason);
        Assert.Equal(7, response.Usage!.OutputTokenCount);
        Assert.NotEmpty(response.Text);
        Assert.StartsWith(response.Text, string.Concat(Enumerable.Repeat("abc", 40)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task User_constraints_hold_and_compose_with_sampling()
    {
        using IChatClient client = Noise(5);
        (Gemma4Constraint Constraint, Func<string, bool> IsValid)[] constraints =
        [
            (Gemma4Constraint.Choices(["yes", "no", "perhaps, Übermorgen"]), text => text is "yes" or "no" or "perhaps, Übermorgen"),
            (Gemma4Constraint.Regex("[A-Z]{2}-[0-9]{4}"), text => Regex.IsMatch(text, @"\A[A-Z]{2}-[0-9]{4}\z")),
            (Gemma4Constraint.Grammar("root ::= item (\", \" item){0,3}\nitem ::= \"a\" | \"bee\""), text => text.Split(", ") is { Length: <= 4 } items && items.All(item => item is "a" or "bee")),
        ];
        for (int run = 0; run < Runs; run++)
        {
            (Gemma4Constraint constraint, Func<string, bool> isValid) = constraints[run % constraints.Length];
            ChatOptions options = Hot(run, o =>
            {
                o.FrequencyPenalty = 2;
                if (run % 2 == 0)
                {
                    o.RawRepresentationFactory = _ => constraint;
                }
                else
                {
                    o.AdditionalProperties = new() { ["constraint"] = constraint };
                    o.RawRepresentationFactory = _ => new SamplingSettings { RepetitionPenalty = 1.3f };
                }
            });

            ChatResponse response = await client.GetResponseAsync("Hi", options);

            Assert.True(isValid(response.Text), response.Text);
        }
    }

    [Fact]
    public async Task A_format_and_tools_leave_the_model_the_choice_between_a_call_and_the_format()
    {
        using IChatClient client = Noise(6);
        int answers = 0;
        int calls = 0;
        for (int run = 0; run < 400 && (run < Runs || answers == 0 || calls == 0); run++)
        {
            ChatResponse response = await client.GetResponseAsync("Hi", Hot(run, o =>
            {
                o.Tools = [.. Tools];
                o.AllowMultipleToolCalls = false;
                o.ResponseFormat = ChatResponseFormat.ForJsonSchema(JsonElement.Parse(Schemas[1]));
                o.MaxOutputTokens = 3000;
            }));
            if (response.FinishReason == ChatFinishReason.ToolCalls)
            {
                AssertValid(response.Messages[0].Contents.OfType<FunctionCallContent>().Single(), null);
                calls++;
            }
            else
            {
                Assert.True(PlainValidator.IsValid(Schemas[1], response.Text), response.Text);
                answers++;
            }
        }

        Assert.True(answers > 0 && calls > 0);
    }

    [Fact]
    public async Task GetResponseAsync_of_T_always_gives_a_T()
    {
        using IChatClient client = Noise(7);
        int whole = 0;
        for (int run = 0; run < 20 && whole < 3; run++)
        {
            ChatResponse<Forecast> response = await client.GetResponseAsync<Forecast>("Weather?", Hot(run, o => o.MaxOutputTokens = 1000));
            if (response.FinishReason == ChatFinishReason.Stop)
            {
                Assert.True(response.TryGetResult(out Forecast? forecast), response.Text);
                Assert.NotNull(forecast!.City);
                whole++;
            }
        }

        Assert.True(whole > 0, "Every answer was cut, so nothing was tested.");
    }

    [Fact]
    public async Task Streamed_and_whole_answers_are_equal_and_forced_tokens_are_counted()
    {
        using IChatClient client = Nano();
        Gemma4Constraint constraint = Gemma4Constraint.Regex("The weather in (Paris|Rome) is the weather of today and of tomorrow\\.");
        ChatOptions options = Hot(11, o => o.AdditionalProperties = new() { ["constraint"] = constraint });

        ChatResponse whole = await client.GetResponseAsync("Who?", options);
        ChatResponse streamed = await client.GetStreamingResponseAsync("Who?", options).ToChatResponseAsync();

        Assert.Equal(whole.Text, streamed.Text);
        long forced = whole.Usage!.AdditionalCounts!["forced_tokens"];
        Assert.InRange(forced, 1, whole.Usage.OutputTokenCount!.Value);
    }

    [Fact]
    public async Task The_thinking_budget_closes_the_thought_before_the_format_begins()
    {
        Gemma4Options setup = new() { EngineFactory = folder => new RandomEngine(folder.VocabularySize, 4096, 8) };
        setup.ThinkingBudgets.Low = 5;
        setup.UseNano();
        using Gemma4ChatClient client = new(setup);
        int thoughts = 0;
        for (int run = 0; run < 20; run++)
        {
            ChatResponse response = await client.GetResponseAsync("Hi", Hot(run, o =>
            {
                o.Reasoning = new() { Effort = ReasoningEffort.Low };
                o.FrequencyPenalty = 1;
                o.AdditionalProperties = new() { ["constraint"] = Gemma4Constraint.Choices(["left", "right"]) };
            }));

            Assert.True(response.Text is "left" or "right", response.Text);
            Assert.InRange(response.Usage!.ReasoningTokenCount!.Value, 0, 5);
            thoughts += response.Usage.ReasoningTokenCount > 0 ? 1 : 0;
        }

        Assert.True(thoughts > 0);
    }

    [Fact]
    public async Task What_cannot_be_enforced_is_refused_when_strict_and_logged_otherwise()
    {
        const string Schema = """{"type":"object","properties":{"a":{"type":"integer","maximum":3}},"required":["a"],"additionalProperties":false,"not":{"properties":{"a":{"const":2}}}}""";
        LogList log = new();
        using ILoggerFactory loggers = LoggerFactory.Create(builder => builder.AddProvider(log));
        Gemma4Options setup = new();
        setup.UseNano();
        using Gemma4ChatClient client = new(setup, loggers);
        ChatOptions options = Hot(1, o => o.ResponseFormat = ChatResponseFormat.ForJsonSchema(JsonElement.Parse(Schema)));

        ChatResponse response = await client.GetResponseAsync("Hi", options);

        JsonDocument.Parse(response.Text).Dispose();
        Assert.Contains(log.Warnings, warning => warning.Contains("not", StringComparison.Ordinal));
        options.AdditionalProperties = new() { ["strict"] = true };
        await Assert.ThrowsAsync<Gemma4ConstraintException>(() => client.GetResponseAsync("Hi", options));
    }

    [Fact]
    public async Task Contradictions_are_refused_at_the_call()
    {
        using IChatClient client = Nano();
        async Task<string> Refused(ChatOptions options) =>
            (await Assert.ThrowsAsync<ArgumentException>(() => client.GetResponseAsync("Hi", options))).Message;

        Assert.Contains("Tools is empty", await Refused(new() { ToolMode = ChatToolMode.RequireAny }));
        Assert.Contains("get_wether", await Refused(new() { Tools = [.. Tools], ToolMode = ChatToolMode.RequireSpecific("get_wether") }));
        Assert.Contains("more than once", await Refused(new()
        {
            ResponseFormat = ChatResponseFormat.Json,
            AdditionalProperties = new() { ["constraint"] = Gemma4Constraint.Json },
        }));
        Assert.Contains("Gemma4Constraint", await Refused(new() { AdditionalProperties = new() { ["constraint"] = "[a-z]+" } }));
        Assert.Contains("true or false", await Refused(new() { AdditionalProperties = new() { ["strict"] = "yes" } }));
        await Assert.ThrowsAsync<Gemma4ConstraintException>(() => client.GetResponseAsync("Hi", new() { ResponseFormat = ChatResponseFormat.ForJsonSchema(JsonElement.Parse("""{"type":"integer","minimum":3,"maximum":2}""")) }));
    }

    private static void AssertValid(FunctionCallContent call, string? name)
    {
        AIFunction tool = Assert.Single(Tools, tool => tool.Name == call.Name);
        Assert.True(name is null || call.Name == name);
        Assert.Null(call.Exception);
        string arguments = JsonSerializer.Serialize(call.Arguments, AIJsonUtilities.DefaultOptions);
        Assert.True(PlainValidator.IsValid(tool.JsonSchema.GetRawText(), arguments), $"{call.Name}: {arguments}");
    }
}
