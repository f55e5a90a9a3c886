using System.Text.Json;
using Gemma4.Testing;
using Gemma4.Tests.Client;
using Microsoft.Extensions.AI;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;
using Xunit;
using AI = Microsoft.Extensions.AI;
using SK = Microsoft.SemanticKernel;

namespace Gemma4.SemanticKernel.Tests;

public class HistoryTests
{
    [Fact]
    public async Task Roles_names_reasoning_calls_and_results_reach_the_client()
    {
        ChatHistory history = new("Be brief.")
        {
            new(AuthorRole.Developer, "Answer in English."),
            new(AuthorRole.User, "Hi") { AuthorName = "Ann" },
            new(AuthorRole.Assistant, [new ReasoningContent("She greets."), new SK.TextContent("One moment."), new SK.FunctionCallContent("get_weather", "Weather", "c1", new() { ["city"] = "Rome" })]),
            new(AuthorRole.Tool, [new SK.FunctionResultContent("get_weather", "Weather", "c1", "21 degrees")]),
        };
        using ScriptedChatClient client = new ScriptedChatClient().Enqueue("Yes.");

        await new Gemma4ChatCompletionService(client).GetChatMessageContentAsync(history);

        IReadOnlyList<ChatMessage> sent = client.Calls[0].Messages;
        Assert.Equal(["system", "developer", "user", "assistant", "tool"], sent.Select(message => message.Role.Value));
        Assert.Equal("Ann", sent[2].AuthorName);
        Assert.Equal(["She greets.", "One moment."], sent[3].Contents.Take(2).Select(content => content.ToString()));
        AI.FunctionCallContent call = Assert.IsType<AI.FunctionCallContent>(sent[3].Contents[2]);
        Assert.Equal(("Weather-get_weather", "c1", "Rome"), (call.Name, call.CallId, call.Arguments!["city"]));
        AI.FunctionResultContent result = Assert.IsType<AI.FunctionResultContent>(Assert.Single(sent[4].Contents));
        Assert.Equal(("c1", "21 degrees"), (result.CallId, result.Result));
    }

    [Fact]
    public async Task Images_audio_and_unknown_contents_are_refused_by_name()
    {
        using IChatClient client = TestClient.Create("Hello!<turn|>");
        Gemma4ChatCompletionService service = new(client);

        Assert.Contains("'image/png'", await RefusalAsync(new ImageContent(new byte[] { 1, 2 }, "image/png")), StringComparison.Ordinal);
        Assert.Contains("'image/*'", await RefusalAsync(new ImageContent(new Uri("https://example.com/a.png"))), StringComparison.Ordinal);
        Assert.Contains("'audio/wav'", await RefusalAsync(new AudioContent(new byte[] { 1, 2 }, "audio/wav")), StringComparison.Ordinal);
        Assert.Contains("FileReferenceContent", await RefusalAsync(new FileReferenceContent("file")), StringComparison.Ordinal);

        async Task<string> RefusalAsync(KernelContent content) => (await Assert.ThrowsAsync<NotSupportedException>(() =>
            service.GetChatMessageContentAsync(new ChatHistory { new(AuthorRole.User, [new SK.TextContent("What is this?"), content]) }))).Message;
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Reasoning_and_metadata_come_out_of_the_real_client(bool streaming)
    {
        using IChatClient client = TestClient.Create("<|channel>thought\nParis is in France.\n<channel|>Paris.<turn|>");
        Kernel kernel = Kernel.CreateBuilder().AddGemma4(client).Build();

        SmallKernel.Answer answer = await kernel.AskAsync(streaming, new Gemma4PromptExecutionSettings { EnableThinking = true });

        Assert.Equal(("Paris.", "Paris is in France."), (answer.Text, answer.Reasoning.Trim()));
        Assert.Equal("stop", answer.Metadata["FinishReason"]);
        Assert.Equal(TestClient.ModelId, answer.Metadata["ModelId"]);
        Assert.StartsWith("gemma4-", Assert.IsType<string>(answer.Metadata["Id"]), StringComparison.Ordinal);
        Assert.True(Assert.IsType<UsageDetails>(answer.Metadata["Usage"]).ReasoningTokenCount > 0);
    }

    [Fact]
    public async Task A_history_with_everything_in_it_survives_JSON()
    {
        using ScriptedChatClient client = new ScriptedChatClient()
            .Enqueue(new TextReasoningContent("Look it up."), SmallKernel.Call(), new UsageContent(new UsageDetails { TotalTokenCount = 3 }))
            .Enqueue("Sunny.").Enqueue("Again.");
        Kernel kernel = SmallKernel.Over(client);
        SmallKernel.Answer answer = await kernel.AskAsync(streaming: false, new PromptExecutionSettings { FunctionChoiceBehavior = FunctionChoiceBehavior.Auto() });

        ChatHistory read = JsonSerializer.Deserialize<ChatHistory>(JsonSerializer.Serialize(answer.History))!;
        await kernel.AskAsync(streaming: false, history: read);

        IReadOnlyList<ChatMessage> sent = client.Calls[2].Messages;
        Assert.Equal("Look it up.", sent[2].Contents.OfType<TextReasoningContent>().Single().Text);
        Assert.Equal(SmallKernel.FunctionName, sent[2].Contents.OfType<AI.FunctionCallContent>().Single().Name);
        Assert.Equal("It is 21 degrees and sunny in Paris.", sent[3].Contents.OfType<AI.FunctionResultContent>().Single().Result?.ToString());
    }

    [Fact]
    public async Task A_prompt_with_message_tags_is_a_chat()
    {
        using ScriptedChatClient client = new ScriptedChatClient().Enqueue("Yes.");
        Kernel kernel = SmallKernel.Over(client);

        await kernel.InvokePromptAsync("""<message role="system">Be brief.</message><message role="user">{{$question}}</message>""", new() { ["question"] = "Is <it> so?" });

        Assert.Equal([("system", "Be brief."), ("user", "Is <it> so?")], client.Calls[0].Messages.Select(message => (message.Role.Value, message.Text)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_a_stage_tells_about_its_verdict_is_in_the_metadata(bool streaming)
    {
        using ScriptedChatClient client = new ScriptedChatClient().Enqueue("No.");
        Kernel kernel = SmallKernel.Over(client, stages => stages.Use(
            async (messages, options, inner, token) =>
            {
                ChatResponse response = await inner.GetResponseAsync(messages, options, token);
                (response.AdditionalProperties ??= [])["rule"] = "r1";
                return response;
            },
            (messages, options, inner, token) => inner.GetStreamingResponseAsync(messages, options, token).Select(update =>
            {
                (update.AdditionalProperties ??= [])["rule"] = "r1";
                return update;
            })));

        Assert.Equal("r1", (await kernel.AskAsync(streaming)).Metadata["rule"]);
    }

    [Fact]
    public async Task Text_generation_takes_the_prompt_as_a_user_message()
    {
        using ScriptedChatClient client = new ScriptedChatClient().Enqueue("Yes.").Enqueue("Yes.");
        Gemma4ChatCompletionService service = new(client);

        SK.TextContent whole = Assert.Single(await service.GetTextContentsAsync("Is it so?"));
        string streamed = string.Concat(await service.GetStreamingTextContentsAsync("Is it so?").Select(chunk => chunk.Text).ToListAsync());

        Assert.Equal(("Yes.", "Yes."), (whole.Text, streamed));
        Assert.Equal("stop", whole.Metadata!["FinishReason"]);
        Assert.Equal("user", Assert.Single(client.Calls[1].Messages).Role.Value);
    }
}
