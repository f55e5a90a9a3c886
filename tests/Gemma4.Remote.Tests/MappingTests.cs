using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;

namespace Gemma4.Remote.Tests;

public sealed class MappingTests
{
    [Theory]
    [InlineData("reasoning_content", true)]
    [InlineData("reasoning_content", false)]
    [InlineData("reasoning", true)]
    [InlineData("reasoning", false)]
    public async Task Thoughts_are_thoughts_under_either_name(string member, bool streaming)
    {
        await using FakeServer server = await FakeServer.StartAsync(FakeServer.Deltas("stop", $$"""{"{{member}}":"Let me "}""", $$"""{"{{member}}":"see."}""", """{"content":"Four."}"""));
        using Gemma4RemoteChatClient client = RemoteClient.For(server);

        ChatResponse response = await client.AskAsync(streaming);

        Assert.Equal("Let me see.", string.Concat(response.Messages.Single().Contents.OfType<TextReasoningContent>().Select(thought => thought.Text)));
        Assert.Equal("Four.", response.Text);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Thoughts_that_nobody_wants_stay_away(bool streaming)
    {
        await using FakeServer server = await FakeServer.StartAsync(FakeServer.Deltas("stop", """{"reasoning":"Hm."}""", """{"content":"Four."}"""));
        using Gemma4RemoteChatClient client = RemoteClient.For(server);

        ChatResponse response = await client.AskAsync(streaming, new ChatOptions { Reasoning = new ReasoningOptions { Output = ReasoningOutput.None } });

        Assert.DoesNotContain(response.Messages.Single().Contents, content => content is TextReasoningContent);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Usage_counts_cached_and_thought_tokens(bool streaming)
    {
        await using FakeServer server = await FakeServer.StartAsync(FakeServer.Answer("Hi"));
        using Gemma4RemoteChatClient client = RemoteClient.For(server);

        UsageDetails usage = (await client.AskAsync(streaming)).Usage!;

        Assert.Equal((9, 3, 12, 4, 2), (usage.InputTokenCount, usage.OutputTokenCount, usage.TotalTokenCount, usage.CachedInputTokenCount, usage.ReasoningTokenCount));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_call_in_pieces_comes_out_whole(bool streaming)
    {
        await using FakeServer server = await FakeServer.StartAsync(FakeServer.Deltas(
            "tool_calls",
            """{"tool_calls":[{"index":0,"id":"call_7","type":"function","function":{"name":"add","arguments":"{\"a\":1"}}]}""",
            """{"tool_calls":[{"index":0,"function":{"arguments":"7}"}}]}"""));
        using Gemma4RemoteChatClient client = RemoteClient.For(server);

        ChatResponse response = await client.AskAsync(streaming);

        FunctionCallContent call = Assert.Single(response.Messages.SelectMany(message => message.Contents).OfType<FunctionCallContent>());
        Assert.Equal(("call_7", "add", "17"), (call.CallId, call.Name, call.Arguments!["a"]!.ToString()));
        Assert.Equal(ChatFinishReason.ToolCalls, response.FinishReason);
    }

    [Fact]
    public async Task Options_of_the_model_in_process_reach_the_server()
    {
        await using FakeServer server = await FakeServer.StartAsync(FakeServer.Answer("Hi"));
        using Gemma4RemoteChatClient client = RemoteClient.For(server);
        ChatOptions options = new()
        {
            Temperature = 0.5f,
            TopK = 64,
            TopP = 0.95f,
            Seed = 7,
            MaxOutputTokens = 5,
            StopSequences = ["END"],
            Reasoning = new ReasoningOptions { Effort = ReasoningEffort.High },
            AdditionalProperties = new() { ["min_p"] = 0.1f, ["repetition_penalty"] = "1.5", ["extra_body"] = new JsonObject { ["guided_regex"] = "[0-9]+" } },
        };

        await client.AskAsync(streaming: true, options);

        JsonElement body = server.Requests.Single().Body;
        Assert.Equal(64, body.GetProperty("top_k").GetInt32());
        Assert.Equal(0.1, body.GetProperty("min_p").GetDouble());
        Assert.Equal(1.5, body.GetProperty("repetition_penalty").GetDouble());
        Assert.Equal("[0-9]+", body.GetProperty("guided_regex").GetString());
        Assert.Equal("high", body.GetProperty("reasoning_effort").GetString());
        Assert.Equal(7, body.GetProperty("seed").GetInt32());
        Assert.Equal("gemma", body.GetProperty("model").GetString());
        Assert.True(body.GetProperty("stream_options").GetProperty("include_usage").GetBoolean());
    }

    [Theory]
    [InlineData(ReasoningEffort.Low, true)]
    [InlineData(ReasoningEffort.None, false)]
    public async Task Thinking_can_be_switched_through_the_chat_template(ReasoningEffort effort, bool on)
    {
        await using FakeServer server = await FakeServer.StartAsync(FakeServer.Answer("Hi"));
        using Gemma4RemoteChatClient client = RemoteClient.For(server, configure: options => options.Thinking = RemoteThinking.ChatTemplate);

        await client.AskAsync(streaming: true, new ChatOptions { Reasoning = new ReasoningOptions { Effort = effort } });

        JsonElement body = server.Requests.Single().Body;
        Assert.Equal(on, body.GetProperty("chat_template_kwargs").GetProperty("enable_thinking").GetBoolean());
        Assert.False(body.TryGetProperty("reasoning_effort", out _));
    }

    [Fact]
    public async Task An_adapter_is_a_model_of_the_server()
    {
        await using FakeServer server = await FakeServer.StartAsync(FakeServer.Answer("Hi"));
        using Gemma4RemoteChatClient client = RemoteClient.For(server);

        await client.AskAsync(streaming: true, new ChatOptions { AdditionalProperties = new() { ["adapter"] = "legal" } });

        Assert.Equal("legal", server.Requests.Single().Body.GetProperty("model").GetString());
    }

    [Fact]
    public async Task Each_endpoint_has_its_own_name_for_the_model_and_its_own_key()
    {
        await using FakeServer server = await FakeServer.StartAsync(FakeServer.Answer("Hi"));
        Gemma4RemoteOptions options = new() { Model = "gemma" };
        options.Endpoints.Add(new Gemma4RemoteEndpoint { Url = server.Url, Model = "gemma4:e4b", ApiKeyProvider = _ => ValueTask.FromResult("fresh") });
        using Gemma4RemoteChatClient client = new(options);

        await client.AskAsync(streaming: true, new ChatOptions { ModelId = "gemma" });

        Assert.Equal(("gemma4:e4b", "Bearer fresh"), (server.Requests.Single().Body.GetProperty("model").GetString(), server.Requests.Single().Authorization));
    }

    [Fact]
    public async Task No_key_is_sent_where_there_is_none()
    {
        await using FakeServer server = await FakeServer.StartAsync(FakeServer.Answer("Hi"));
        using Gemma4RemoteChatClient client = RemoteClient.For(server, configure: options => options.Endpoints[0].ApiKey = null);

        await client.AskAsync(streaming: true);

        Assert.Null(server.Requests.Single().Authorization);
    }

    public static TheoryData<string, ChatOptions> Refused => new()
    {
        { "ConversationId", new ChatOptions { ConversationId = "1" } },
        { "AllowBackgroundResponses", new ChatOptions { AllowBackgroundResponses = true } },
        { "constraint", new ChatOptions { AdditionalProperties = new() { ["constraint"] = "x" } } },
        { "tenant", new ChatOptions { AdditionalProperties = new() { ["tenant"] = "x" } } },
        { "Reasoning.Output", new ChatOptions { Reasoning = new ReasoningOptions { Output = ReasoningOutput.Summary } } },
        { "HostedWebSearchTool", new ChatOptions { Tools = [new HostedWebSearchTool()] } },
        { "RawRepresentationFactory", new ChatOptions { RawRepresentationFactory = _ => new object() } },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task What_cannot_be_sent_is_refused_by_name(string name, ChatOptions options)
    {
        await using FakeServer server = await FakeServer.StartAsync(FakeServer.Answer("Hi"));
        using Gemma4RemoteChatClient client = RemoteClient.For(server);

        var failure = await Assert.ThrowsAsync<NotSupportedException>(() => client.AskAsync(streaming: true, options));

        Assert.Contains(name, failure.Message, StringComparison.Ordinal);
        Assert.Empty(server.Requests);
    }

    [Fact]
    public async Task Content_that_the_adapter_would_leave_out_is_refused()
    {
        await using FakeServer server = await FakeServer.StartAsync(FakeServer.Answer("Hi"));
        using Gemma4RemoteChatClient client = RemoteClient.For(server);
        ChatMessage message = new(ChatRole.User, [new DataContent(new byte[] { 1 }, "audio/flac")]);

        var failure = await Assert.ThrowsAsync<NotSupportedException>(() => client.GetResponseAsync(message));

        Assert.Contains("audio/flac", failure.Message, StringComparison.Ordinal);
    }
}
