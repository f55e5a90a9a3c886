using System.Text.Json;
using Gemma4.Testing;
using Microsoft.Extensions.AI;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;
using Xunit;

namespace Gemma4.SemanticKernel.Tests;

public class ExecutionSettingsTests
{
    private const string Json = """
        {
          "service_id": "s", "model_id": "m", "temperature": 0.5, "top_p": "0.9", "top_k": 40, "min_p": 0.05, "repetition_penalty": 1.1,
          "frequency_penalty": 0.2, "presence_penalty": 0.3, "seed": 7, "max_tokens": 100, "stop_sequences": ["END"],
          "response_format": "text", "reasoning_effort": "xhigh", "enable_thinking": true, "chat_system_prompt": "Be brief."
        }
        """;

    [Fact]
    public void JSON_gives_the_same_settings_by_every_way()
    {
        Gemma4PromptExecutionSettings direct = JsonSerializer.Deserialize<Gemma4PromptExecutionSettings>(Json)!;
        Gemma4PromptExecutionSettings generic = Gemma4PromptExecutionSettings.FromExecutionSettings(JsonSerializer.Deserialize<PromptExecutionSettings>(Json));
        Gemma4PromptExecutionSettings again = JsonSerializer.Deserialize<Gemma4PromptExecutionSettings>(JsonSerializer.Serialize(direct))!;
        Gemma4PromptExecutionSettings foreign = Gemma4PromptExecutionSettings.FromExecutionSettings(new OtherConnectorsSettings
        {
            ServiceId = "s",
            ModelId = "m",
            Temperature = 0.5f,
            ExtensionData = JsonSerializer.Deserialize<Dictionary<string, object>>(Json)!
                .Where(entry => entry.Key is not ("service_id" or "model_id" or "temperature")).ToDictionary(),
        });

        foreach (Gemma4PromptExecutionSettings settings in new[] { direct, generic, again, foreign, (Gemma4PromptExecutionSettings)direct.Clone() })
        {
            Assert.Equal(("s", "m"), (settings.ServiceId, settings.ModelId));
            Assert.Equal((0.5f, 0.9f, 40, 0.05f, 1.1f), (settings.Temperature, settings.TopP, settings.TopK, settings.MinP, settings.RepetitionPenalty));
            Assert.Equal((0.2f, 0.3f, 7L, 100), (settings.FrequencyPenalty, settings.PresencePenalty, settings.Seed, settings.MaxTokens));
            Assert.Equal(["END"], settings.StopSequences);
            Assert.Same(ChatResponseFormat.Text, settings.ResponseFormat);
            Assert.Equal((ReasoningEffort.ExtraHigh, true, "Be brief."), (settings.ReasoningEffort, settings.EnableThinking, settings.ChatSystemPrompt));
            Assert.Null(settings.ExtensionData);
        }
    }

    [Fact]
    public async Task Every_setting_reaches_the_client_by_the_service_and_by_the_kernels_own_conversion()
    {
        Gemma4PromptExecutionSettings settings = JsonSerializer.Deserialize<Gemma4PromptExecutionSettings>(Json)!;
        using ScriptedChatClient client = new ScriptedChatClient().Enqueue("Hi.");
        await new Gemma4ChatCompletionService(client).GetChatMessageContentAsync(new ChatHistory { new(AuthorRole.User, "Hi") }, settings);

        foreach (ChatOptions options in new[] { client.Calls[0].Options!, settings.ToChatOptions(new Kernel()), settings.ToChatOptions(null) })
        {
            Assert.Equal(("m", 0.5f, 0.9f, 40), (options.ModelId, options.Temperature, options.TopP, options.TopK));
            Assert.Equal((0.2f, 0.3f, 7L, 100), (options.FrequencyPenalty, options.PresencePenalty, options.Seed, options.MaxOutputTokens));
            Assert.Equal(["END"], options.StopSequences);
            Assert.Same(ChatResponseFormat.Text, options.ResponseFormat);
            Assert.Equal((ReasoningEffort.ExtraHigh, "Be brief."), (options.Reasoning?.Effort, options.Instructions));
            Assert.Equal([("min_p", 0.05f), ("repetition_penalty", 1.1f)], options.AdditionalProperties!.Select(entry => (entry.Key, (float)entry.Value!)).Order());
        }
    }

    [Theory]
    [InlineData(null, null, null)]
    [InlineData(true, null, ReasoningEffort.Medium)]
    [InlineData(false, null, ReasoningEffort.None)]
    [InlineData(null, ReasoningEffort.Low, ReasoningEffort.Low)]
    [InlineData(true, ReasoningEffort.High, ReasoningEffort.High)]
    [InlineData(false, ReasoningEffort.None, ReasoningEffort.None)]
    public void Thinking_is_switched_and_sized(bool? enable, ReasoningEffort? effort, ReasoningEffort? expected) =>
        Assert.Equal(expected, new Gemma4PromptExecutionSettings { EnableThinking = enable, ReasoningEffort = effort }.ToChatOptions(null).Reasoning?.Effort);

    [Fact]
    public void Thinking_off_with_an_effort_is_a_contradiction()
    {
        Gemma4PromptExecutionSettings settings = new() { EnableThinking = false, ReasoningEffort = ReasoningEffort.High };

        Assert.Contains("contradict", Assert.Throws<ArgumentException>(() => settings.ToChatOptions(null)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("mirostat", "2", typeof(NotSupportedException), "The execution setting 'mirostat' is not known.")]
    [InlineData("stop", "[\"a\"]", typeof(NotSupportedException), "The execution setting 'stop' is not known.")]
    [InlineData("temperature", "\"warm\"", typeof(ArgumentException), "The execution setting 'temperature' is 'warm'")]
    [InlineData("max_tokens", "1.5", typeof(ArgumentException), "a whole number")]
    [InlineData("top_k", "1e20", typeof(ArgumentException), "a number in range")]
    [InlineData("stop_sequences", "\"a\"", typeof(ArgumentException), "a list of texts")]
    [InlineData("response_format", "\"xml\"", typeof(ArgumentException), "'response_format' is 'xml'")]
    [InlineData("reasoning_effort", "\"a lot\"", typeof(ArgumentException), "'reasoning_effort' is 'a lot'")]
    [InlineData("enable_thinking", "1", typeof(ArgumentException), "true or false")]
    public async Task A_setting_that_cannot_be_honoured_is_refused_by_name(string key, string value, Type error, string words)
    {
        using ScriptedChatClient client = new ScriptedChatClient().Enqueue("Hi.");
        PromptExecutionSettings settings = new() { ExtensionData = new Dictionary<string, object> { [key] = JsonElement.Parse(value) } };
        ChatHistory history = new() { new(AuthorRole.User, "Hi") };

        Exception? thrown = await Record.ExceptionAsync(() => new Gemma4ChatCompletionService(client).GetChatMessageContentAsync(history, settings));

        Assert.IsType(error, thrown);
        Assert.Contains(words, thrown.Message, StringComparison.Ordinal);
        Assert.Empty(client.Calls);
    }

    [Theory]
    [InlineData("\"json_object\"", false)]
    [InlineData("""{"type":"json_object"}""", false)]
    [InlineData("""{"type":"object","properties":{"a":{"type":"string"}}}""", true)]
    [InlineData("""{"type":"json_schema","json_schema":{"name":"n","schema":{"type":"object"}}}""", true)]
    public void Response_formats_are_read_in_every_spelling(string json, bool hasSchema)
    {
        PromptExecutionSettings settings = new() { ExtensionData = new Dictionary<string, object> { ["response_format"] = JsonElement.Parse(json) } };
        Gemma4PromptExecutionSettings read = Gemma4PromptExecutionSettings.FromExecutionSettings(settings);

        Assert.Equal(hasSchema, Assert.IsType<ChatResponseFormatJson>(read.ResponseFormat).Schema is not null);
        Gemma4PromptExecutionSettings again = JsonSerializer.Deserialize<Gemma4PromptExecutionSettings>(JsonSerializer.Serialize(read))!;
        Assert.Equal(((ChatResponseFormatJson)read.ResponseFormat).Schema?.GetRawText(), ((ChatResponseFormatJson)again.ResponseFormat!).Schema?.GetRawText());
    }

    [Fact]
    public void Values_from_code_and_YAML_are_read_like_those_from_JSON()
    {
        Gemma4PromptExecutionSettings read = Gemma4PromptExecutionSettings.FromExecutionSettings(new PromptExecutionSettings
        {
            ExtensionData = new Dictionary<string, object>
            {
                ["Temperature"] = "0.5",
                ["max_tokens"] = 5.0,
                ["stop_sequences"] = new List<object> { "a", "b" },
                ["enable_thinking"] = "true",
                ["response_format"] = typeof(Uri),
                ["seed"] = 3,
            },
        });

        Assert.Equal((0.5f, 5, 3L, true), (read.Temperature, read.MaxTokens, read.Seed, read.EnableThinking));
        Assert.Equal(["a", "b"], read.StopSequences);
        Assert.NotNull(Assert.IsType<ChatResponseFormatJson>(read.ResponseFormat).Schema);
    }

    [Fact]
    public void The_function_choice_behavior_is_kept_as_it_is()
    {
        FunctionChoiceBehavior behavior = FunctionChoiceBehavior.Auto(autoInvoke: false);

        Assert.Same(behavior, Gemma4PromptExecutionSettings.FromExecutionSettings(new PromptExecutionSettings { FunctionChoiceBehavior = behavior }).FunctionChoiceBehavior);
        Assert.Same(behavior, Gemma4PromptExecutionSettings.FromExecutionSettings(new OtherConnectorsSettings { FunctionChoiceBehavior = behavior }).FunctionChoiceBehavior);
        Assert.Same(behavior, new Gemma4PromptExecutionSettings { FunctionChoiceBehavior = behavior }.Clone().FunctionChoiceBehavior);
        Assert.IsType<RequiredFunctionChoiceBehavior>(JsonSerializer.Deserialize<Gemma4PromptExecutionSettings>("""{"function_choice_behavior":{"type":"required"}}""")!.FunctionChoiceBehavior);
    }

    [Fact]
    public void Frozen_settings_cannot_be_changed_and_their_clone_can()
    {
        Gemma4PromptExecutionSettings settings = new() { Temperature = 1, StopSequences = ["a"] };
        settings.Freeze();
        settings.Freeze();

        foreach (var property in typeof(Gemma4PromptExecutionSettings).GetProperties().Where(property => property.CanWrite))
        {
            object? value = property.GetValue(settings);
            Exception error = Assert.ThrowsAny<Exception>(() => property.SetValue(settings, value));
            Assert.IsType<InvalidOperationException>(error.InnerException);
        }

        Assert.Throws<NotSupportedException>(() => settings.StopSequences!.Add("b"));
        Gemma4PromptExecutionSettings clone = (Gemma4PromptExecutionSettings)settings.Clone();
        clone.Temperature = 2;
        clone.StopSequences!.Add("b");
        Assert.Equal(["a"], settings.StopSequences);
    }

    [Fact]
    public void Own_settings_are_returned_as_they_are_and_null_gives_new_ones()
    {
        Gemma4PromptExecutionSettings own = new();

        Assert.Same(own, Gemma4PromptExecutionSettings.FromExecutionSettings(own));
        Assert.Null(Gemma4PromptExecutionSettings.FromExecutionSettings(null).Temperature);
    }

    /// <summary>Settings of a connector that this library knows nothing of.</summary>
    public sealed class OtherConnectorsSettings : PromptExecutionSettings
    {
        [System.Text.Json.Serialization.JsonPropertyName("temperature")]
        public float? Temperature { get; set; }

        [System.Text.Json.Serialization.JsonPropertyName("logprobs")]
        public bool? LogProbabilities { get; set; }
    }
}
