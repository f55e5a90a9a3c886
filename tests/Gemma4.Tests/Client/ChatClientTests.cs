using System.Text.Json;
using Gemma4.Tokenization;
using Microsoft.Extensions.AI;
using Xunit;

namespace Gemma4.Tests.Client;

public class ChatClientTests
{
    private static readonly AIFunction Weather = AIFunctionFactory.Create((string city) => $"12 degrees in {city}", "get_weather", "Gets the weather.");

    private const string WeatherCall = "<|tool_call>call:get_weather{city:<|\"|>Paris<|\"|>}<tool_call|>";

    [Fact]
    public async Task An_answer_is_one_text_with_usage_and_a_reason_to_stop()
    {
        using IChatClient client = TestClient.Create("Hello! How can I help you?<turn|>");

        ChatResponse response = await client.GetResponseAsync("Hello");

        TextContent text = Assert.IsType<TextContent>(Assert.Single(Assert.Single(response.Messages).Contents, content => content is not UsageContent));
        Assert.Equal("Hello! How can I help you?", text.Text);
        Assert.Equal(ChatFinishReason.Stop, response.FinishReason);
        Assert.Equal(TestClient.ModelId, response.ModelId);
        Assert.NotNull(response.ResponseId);
        Assert.NotNull(response.CreatedAt);
        Assert.Null(response.ConversationId);
        Assert.Equal(10, response.Usage!.InputTokenCount);
        Assert.Equal(11, response.Usage.OutputTokenCount);
        Assert.Equal(21, response.Usage.TotalTokenCount);
        Assert.Equal(0, response.Usage.ReasoningTokenCount);
    }

    [Fact]
    public async Task Every_update_carries_its_identity_and_the_last_one_the_usage()
    {
        using IChatClient client = TestClient.Create("Hello! How can I help you?<turn|>");

        List<ChatResponseUpdate> updates = await client.GetStreamingResponseAsync("Hello").ToListAsync();

        Assert.True(updates.Count > 3);
        Assert.All(updates, update =>
        {
            Assert.Equal(ChatRole.Assistant, update.Role);
            Assert.Equal(updates[0].ResponseId, update.ResponseId);
            Assert.Equal(updates[0].MessageId, update.MessageId);
            Assert.Equal(TestClient.ModelId, update.ModelId);
            Assert.NotNull(update.CreatedAt);
        });
        Assert.Equal(1, updates.Sum(update => update.Contents.OfType<UsageContent>().Count()));
        Assert.IsType<UsageContent>(Assert.Single(updates[^1].Contents));
        Assert.Equal("Hello! How can I help you?", string.Concat(updates.Select(update => update.Text)));
    }

    [Fact]
    public async Task A_tool_call_comes_out_whole()
    {
        using IChatClient client = TestClient.Create(WeatherCall + "<|tool_response>");

        ChatResponse response = await client.GetResponseAsync("Weather in Paris?", new() { Tools = [Weather] });

        FunctionCallContent call = Assert.Single(response.Messages[0].Contents.OfType<FunctionCallContent>());
        Assert.Equal("get_weather", call.Name);
        Assert.Equal("Paris", call.Arguments!["city"]?.ToString());
        Assert.Equal(ChatFinishReason.ToolCalls, response.FinishReason);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_conversation_with_answered_approvals_goes_on_after_it_was_stored(bool isApproved)
    {
        int runs = 0;
        using IChatClient client = TestClient.Create(WeatherCall + "<|tool_response>", "It is cold.<turn|>").AsBuilder().UseFunctionInvocation().Build();
        ChatOptions options = new() { Tools = [new ApprovalRequiredAIFunction(AIFunctionFactory.Create((string city) => $"{++runs} degrees in {city}", "get_weather"))] };
        List<ChatMessage> history = [new(ChatRole.User, "Weather in Paris?")];

        history.AddRange((await client.GetResponseAsync(history, options)).Messages);
        history = Stored(history);
        ToolApprovalRequestContent request = Assert.Single(history[^1].Contents.OfType<ToolApprovalRequestContent>());
        history.Add(new(ChatRole.User, [request.CreateResponse(isApproved)]));
        history.AddRange((await client.GetResponseAsync(Stored(history), options)).Messages);
        history.Add(new(ChatRole.User, "Thanks."));
        ChatResponse next = await client.GetResponseAsync(Stored(history), options);

        Assert.Equal("It is cold.", next.Text);
        Assert.Equal(isApproved ? 1 : 0, runs);

        static List<ChatMessage> Stored(List<ChatMessage> messages) =>
            JsonSerializer.Deserialize<List<ChatMessage>>(JsonSerializer.Serialize(messages, AIJsonUtilities.DefaultOptions), AIJsonUtilities.DefaultOptions)!;
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public async Task A_call_waits_for_approval_and_the_conversation_goes_on(bool isStreamed, bool isApproved)
    {
        using IChatClient client = TestClient.Create(WeatherCall + "<|tool_response>", "It is cold.<turn|>").AsBuilder().UseFunctionInvocation().Build();
        ChatOptions options = new() { Tools = [new ApprovalRequiredAIFunction(Weather)] };
        List<ChatMessage> history = [new(ChatRole.User, "Weather in Paris?")];

        history.AddRange((await AskAsync()).Messages);
        ToolApprovalRequestContent request = Assert.Single(history[^1].Contents.OfType<ToolApprovalRequestContent>());
        history.Add(new(ChatRole.User, [request.CreateResponse(isApproved)]));
        ChatResponse answer = await AskAsync();
        history.AddRange(answer.Messages);
        history.Add(new(ChatRole.User, "Thanks."));
        ChatResponse next = await AskAsync();

        FunctionResultContent result = answer.Messages.SelectMany(message => message.Contents).OfType<FunctionResultContent>().Single();
        Assert.Equal(isApproved, result.Result?.ToString() == "12 degrees in Paris");
        Assert.Equal("It is cold.", answer.Messages[^1].Text);
        Assert.Equal("It is cold.", next.Text);

        async Task<ChatResponse> AskAsync() => isStreamed
            ? await client.GetStreamingResponseAsync(history, options).ToChatResponseAsync()
            : await client.GetResponseAsync(history, options);
    }

    [Fact]
    public async Task Parallel_calls_have_ids_of_their_own_that_no_other_response_uses()
    {
        using IChatClient client = TestClient.Create(WeatherCall + WeatherCall + "<|tool_response>");
        ChatOptions options = new() { Tools = [Weather] };

        ChatResponse first = await client.GetResponseAsync("Weather?", options);
        ChatResponse second = await client.GetResponseAsync("Weather?", options);

        string[] ids = [.. first.Messages.Concat(second.Messages).SelectMany(message => message.Contents).OfType<FunctionCallContent>().Select(call => call.CallId)];
        Assert.Equal(4, ids.Length);
        Assert.Equal(4, ids.Distinct().Count());
    }

    [Fact]
    public async Task One_call_ends_the_answer_when_multiple_calls_are_not_allowed()
    {
        using IChatClient client = TestClient.Create(WeatherCall + WeatherCall + "<|tool_response>");

        ChatResponse response = await client.GetResponseAsync("Weather?", new() { Tools = [Weather], AllowMultipleToolCalls = false });

        Assert.Single(response.Messages[0].Contents.OfType<FunctionCallContent>());
        Assert.Equal(ChatFinishReason.ToolCalls, response.FinishReason);
    }

    [Fact]
    public async Task A_call_that_cannot_be_read_is_reported_and_not_lost()
    {
        using IChatClient client = TestClient.Create("<|tool_call>call:get_weather I think so<tool_call|><|tool_response>");

        ChatResponse response = await client.GetResponseAsync("Weather?", new() { Tools = [Weather] });

        FunctionCallContent call = Assert.Single(response.Messages[0].Contents.OfType<FunctionCallContent>());
        Assert.Equal("get_weather", call.Name);
        Assert.NotNull(call.Exception);
    }

    [Theory]
    [InlineData("<|tool_call>call:get_time I think so<tool_call|><|tool_response>", null)]
    [InlineData("<|tool_call>call:get_time{zone:<|\"|>Europe/Paris and much more than fits<|\"|>}<tool_call|><|tool_response>", 12)]
    public async Task A_call_that_was_cut_off_or_cannot_be_read_does_not_run(string output, int? maxOutputTokens)
    {
        int runs = 0;
        AIFunction time = AIFunctionFactory.Create((string zone = "UTC") => $"{++runs} o'clock in {zone}", "get_time", "Gets the time.");
        using IChatClient client = TestClient.Create(output, "Sorry.<turn|>").AsBuilder().UseFunctionInvocation().Build();

        await client.GetResponseAsync("What time is it?", new() { Tools = [time], MaxOutputTokens = maxOutputTokens });

        Assert.Equal(0, runs);
    }

    [Fact]
    public async Task Thoughts_are_apart_from_the_answer()
    {
        using IChatClient client = TestClient.Create("<|channel>thought\nSimple.\n<channel|>Hello!<turn|>");

        ChatResponse response = await client.GetResponseAsync("Hello", new() { Reasoning = new() { Effort = ReasoningEffort.Low } });

        Assert.Equal("Simple.", Assert.Single(response.Messages[0].Contents.OfType<TextReasoningContent>()).Text);
        Assert.Equal("Hello!", response.Text);
        Assert.True(response.Usage!.ReasoningTokenCount > 0);
    }

    [Fact]
    public async Task Thoughts_are_made_but_kept_back_when_their_output_is_none()
    {
        using IChatClient client = TestClient.Create("<|channel>thought\nSimple.\n<channel|>Hello!<turn|>");

        ChatResponse response = await client.GetResponseAsync("Hello", new() { Reasoning = new() { Effort = ReasoningEffort.Low, Output = ReasoningOutput.None } });

        Assert.Empty(response.Messages[0].Contents.OfType<TextReasoningContent>());
        Assert.Equal("Hello!", response.Text);
        Assert.True(response.Usage!.ReasoningTokenCount > 0);
    }

    [Fact]
    public async Task A_thought_that_uses_up_its_budget_is_closed()
    {
        using IChatClient client = TestClient.Create(options => options.ThinkingBudgets.Low = 4, "<|channel>thought\nThis goes on and on and on and on.\n<channel|>Hello!<turn|>");

        List<ChatResponseUpdate> updates = await client.GetStreamingResponseAsync("Hello", new() { Reasoning = new() { Effort = ReasoningEffort.Low } }).ToListAsync();

        ChatResponse response = updates.ToChatResponse();
        Assert.InRange(response.Usage!.ReasoningTokenCount!.Value, 1, 5);
    }

    [Fact]
    public async Task The_token_limit_is_a_length_finish()
    {
        using IChatClient client = TestClient.Create("Hello! How can I help you?<turn|>");

        ChatResponse response = await client.GetResponseAsync("Hello", new() { MaxOutputTokens = 2 });

        Assert.Equal(ChatFinishReason.Length, response.FinishReason);
        Assert.Equal(2, response.Usage!.OutputTokenCount);
        Assert.StartsWith("Hello!", response.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stop_sequence_ends_the_answer_and_is_not_part_of_it()
    {
        using IChatClient client = TestClient.Create("Hello! How can I help you?<turn|>");

        ChatResponse response = await client.GetResponseAsync("Hello", new() { StopSequences = [" can I"] });

        Assert.Equal("Hello! How", response.Text);
        Assert.Equal(ChatFinishReason.Stop, response.FinishReason);
    }

    [Fact]
    public async Task A_prompt_that_does_not_fit_says_how_many_tokens_are_over()
    {
        using IChatClient client = TestClient.Create("Hello!<turn|>");

        Gemma4ContextOverflowException error = await Assert.ThrowsAsync<Gemma4ContextOverflowException>(() => client.GetResponseAsync(string.Concat(Enumerable.Repeat("Hello ", TestClient.ContextTokens))));

        Assert.Equal(error.PromptTokens + 1 - error.MaxContextTokens, error.TokensOver);
        Assert.Contains(error.TokensOver.ToString(System.Globalization.CultureInfo.InvariantCulture), error.Message);
    }

    [Fact]
    public void Bad_arguments_are_refused_at_the_call()
    {
        using IChatClient client = TestClient.Create("Hello!<turn|>");

        Assert.Throws<ArgumentNullException>(() => client.GetStreamingResponseAsync(null!));
        Assert.Throws<ArgumentException>(() => client.GetStreamingResponseAsync([]));
        Assert.Throws<ArgumentException>(() => client.GetStreamingResponseAsync([null!]));
        Assert.Throws<ArgumentException>(() => client.GetStreamingResponseAsync("Hi", new() { Tools = [null!] }));
        Assert.Throws<ArgumentOutOfRangeException>(() => client.GetStreamingResponseAsync("Hi", new() { MaxOutputTokens = 0 }));
        Assert.ThrowsAny<ArgumentException>(() => client.GetStreamingResponseAsync("Hi", new() { Temperature = -1 }));
        InvalidOperationException error = Assert.Throws<InvalidOperationException>(() => client.GetStreamingResponseAsync("Hi", new() { ModelId = "gpt-7" }));
        Assert.Contains("gpt-7", error.Message);
    }

    [Fact]
    public void A_tool_that_is_not_a_function_is_refused_by_name()
    {
        using IChatClient client = TestClient.Create("Hello!<turn|>");

        NotSupportedException error = Assert.Throws<NotSupportedException>(() => client.GetStreamingResponseAsync("Hi", new() { Tools = [new HostedWebSearchTool()] }));

        Assert.Contains("web_search", error.Message);
    }

    [Fact]
    public async Task An_image_is_refused_with_a_clear_sentence()
    {
        using IChatClient client = TestClient.Create("Hello!<turn|>");

        NotSupportedException error = await Assert.ThrowsAsync<NotSupportedException>(() => client.GetResponseAsync([new ChatMessage(ChatRole.User, [new DataContent(new byte[] { 1 }, "image/png")])]));

        Assert.Contains("image", error.Message);
    }

    [Fact]
    public async Task Cancellation_leaves_the_client_usable()
    {
        using IChatClient client = TestClient.Create("Hello! How can I help you?<turn|>");
        using CancellationTokenSource source = new();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (ChatResponseUpdate update in client.GetStreamingResponseAsync("Hello", cancellationToken: source.Token))
            {
                await source.CancelAsync();
            }
        });

        Assert.Equal("Hello! How can I help you?", (await client.GetResponseAsync("Hello")).Text);
    }

    [Fact]
    public async Task Many_callers_share_one_client()
    {
        using IChatClient client = TestClient.Create("Hello! How can I help you?<turn|>");

        ChatResponse[] responses = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => client.GetResponseAsync("Hello")));

        Assert.All(responses, response => Assert.Equal("Hello! How can I help you?", response.Text));
    }

    [Fact]
    public async Task A_disposed_client_says_so()
    {
        IChatClient client = TestClient.Create("Hello!<turn|>");
        client.Dispose();
        client.Dispose();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => client.GetResponseAsync("Hello"));
    }

    [Fact]
    public async Task Function_invocation_runs_the_loop_to_the_answer()
    {
        using IChatClient client = TestClient.Create(WeatherCall + "<|tool_response>", "It is 12 degrees.<turn|>").AsBuilder().UseFunctionInvocation().Build();

        ChatResponse response = await client.GetResponseAsync("Weather in Paris?", new() { Tools = [Weather] });

        Assert.Equal("It is 12 degrees.", response.Messages[^1].Text);
        Assert.Equal("12 degrees in Paris", response.Messages[1].Contents.OfType<FunctionResultContent>().Single().Result?.ToString());
    }

    [Fact]
    public void Services_are_found_behind_the_client()
    {
        using IChatClient client = TestClient.Create("Hello!<turn|>");

        Assert.Equal(TestClient.ModelId, client.GetService<ChatClientMetadata>()!.DefaultModelId);
        Assert.NotNull(client.GetService<Gemma4Tokenizer>());
        Assert.NotNull(client.GetService<Gemma4ChatClient>());
        Assert.Null(client.GetService(typeof(ChatClientMetadata), "key"));
        Assert.Null(client.GetService<string>());
    }

    [Fact]
    public async Task Counting_agrees_with_the_reported_usage()
    {
        using IChatClient client = TestClient.Create("Hello!<turn|>");
        ChatOptions options = new() { Tools = [Weather], Instructions = "Be brief." };

        int counted = await client.GetService<Gemma4ChatClient>()!.CountTokensAsync([new ChatMessage(ChatRole.User, "Hello")], options);

        Assert.Equal((await client.GetResponseAsync("Hello", options)).Usage!.InputTokenCount, counted);
    }

    [Fact]
    public async Task Options_changed_after_the_call_do_not_reach_its_stream()
    {
        using IChatClient client = TestClient.Create("Hello!<turn|>");
        ChatOptions options = new() { Temperature = 0 };

        IAsyncEnumerable<ChatResponseUpdate> stream = client.GetStreamingResponseAsync("Hello", options);
        options.Temperature = -1;

        Assert.Equal("Hello!", (await stream.ToChatResponseAsync()).Text);
    }

    [Fact]
    public async Task Instructions_and_a_developer_message_share_the_system_turn()
    {
        using Gemma4ChatClient client = (Gemma4ChatClient)TestClient.Create("Hello!<turn|>");
        ChatMessage user = new(ChatRole.User, "Hello");

        int separate = await client.CountTokensAsync([new ChatMessage(new ChatRole("developer"), "Be brief."), user], new() { Instructions = "Be kind." });
        int together = await client.CountTokensAsync([new ChatMessage(ChatRole.System, "Be kind.\n\nBe brief."), user]);

        Assert.Equal(together, separate);
    }
}
