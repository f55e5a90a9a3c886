using Gemma4.Generation;
using Gemma4.Tests.Client;
using Microsoft.Extensions.AI;
using Xunit;

namespace Gemma4.Tests.Generation;

public class PrefixCacheTests
{
    private static readonly AIFunction Weather = AIFunctionFactory.Create((string city, string day) => $"12 degrees in {city}", "get_weather", "Gets the weather.");

    [Theory]
    [InlineData(1, true, int.MaxValue)]
    [InlineData(2, false, int.MaxValue)]
    [InlineData(3, true, 40)]
    [InlineData(4, true, 5)]
    public async Task Conversations_that_branch_and_change_are_answered_as_without_the_cache(int seed, bool canFork, int window)
    {
        using Gemma4ChatClient cold = HashClient.Create(size => new HashEngine(size), out _, options => options.PrefixCache.Enabled = false);
        using Gemma4ChatClient warm = HashClient.Create(
            size => new HashEngine(size) { CanFork = canFork, Window = window },
            out Func<HashEngine> engine,
            options => options.PrefixCache.MaxSessions = 3);
        Random random = new(seed);
        List<List<ChatMessage>> conversations = [[new(ChatRole.System, "You answer in few words and always politely, in the language of the question, with a source.")]];
        long cached = 0;
        for (int turn = 0; turn < 120; turn++)
        {
            List<ChatMessage> conversation = [.. conversations[random.Next(conversations.Count)]];
            if (conversation.Count > 3 && random.Next(3) == 0)
            {
                conversation.RemoveRange(conversation.Count - 2, 2);
            }
            else if (conversation.Count > 3 && random.Next(4) == 0)
            {
                conversation[^2] = new ChatMessage(ChatRole.User, $"Changed to {random.Next(100)}?");
            }

            conversation.Add(new ChatMessage(ChatRole.User, $"Question {random.Next(1000)}?"));
            ChatOptions options = new() { Temperature = 0, MaxOutputTokens = random.Next(1, 40) };

            if (random.Next(5) == 0)
            {
                await foreach (ChatResponseUpdate update in warm.GetStreamingResponseAsync(conversation, options))
                {
                    break; // a reader that goes away in the middle
                }
            }

            ChatResponse expected = await cold.GetResponseAsync(conversation, options);
            ChatResponse actual = await warm.GetResponseAsync(conversation, options);

            Assert.Equal(expected.Text, actual.Text);
            Assert.Equal(expected.Usage!.InputTokenCount, actual.Usage!.InputTokenCount);
            Assert.Equal(0, expected.Usage.CachedInputTokenCount);
            cached += actual.Usage.CachedInputTokenCount!.Value;
            conversation.AddMessages(actual);
            conversations.Add(conversation);
            Assert.InRange(engine().OpenSessions, 0, 3);
        }

        Assert.True(cached > 1000, $"{cached} tokens were not read again.");
        PrefixCacheStatistics statistics = warm.GetStatistics().PrefixCache;
        Assert.InRange(statistics.Hits, 60, 240);
        Assert.True(statistics.ReusedTokens >= cached);
        Assert.Equal(canFork, statistics.Forks > 0);
        warm.Dispose();
        Assert.Equal(0, engine().OpenSessions);
    }

    [Fact]
    public async Task A_tool_round_reads_only_what_is_new()
    {
        // The template sorts the keys and drops the spaces; the model wrote them otherwise.
        const string Call = "<|tool_call>call:get_weather{day:<|\"|>today<|\"|>, city:<|\"|>Paris<|\"|>}<tool_call|>";
        using IChatClient client = TestClient.Create(Call + "<|tool_response>", "It is 12 degrees.<turn|>");
        ChatOptions options = new() { Tools = [Weather] };
        List<ChatMessage> history = [new(ChatRole.User, "Weather in Paris?")];

        ChatResponse first = await client.GetResponseAsync(history, options);
        history.AddMessages(first);
        FunctionCallContent call = first.Messages[0].Contents.OfType<FunctionCallContent>().Single();
        Assert.Equal("Paris", call.Arguments!["city"]?.ToString());
        history.Add(new ChatMessage(ChatRole.Tool, [new FunctionResultContent(call.CallId, "12")]));
        ChatResponse second = await client.GetResponseAsync(history, options);

        // All of the prompt and of the call, but for the token that ended the turn.
        Assert.Equal(first.Usage!.TotalTokenCount - 1, second.Usage!.CachedInputTokenCount);
        Assert.Equal("It is 12 degrees.", second.Text);
    }

    [Fact]
    public async Task A_canonical_prompt_stays_canonical()
    {
        const string Call = "<|tool_call>call:get_weather{day:<|\"|>today<|\"|>, city:<|\"|>Paris<|\"|>}<tool_call|>";
        using IChatClient client = TestClient.Create(options => options.CanonicalPrompt = true, Call + "<|tool_response>", "It is 12 degrees.<turn|>");
        ChatOptions options = new() { Tools = [Weather] };
        List<ChatMessage> history = [new(ChatRole.User, "Weather in Paris?")];

        ChatResponse first = await client.GetResponseAsync(history, options);
        history.AddMessages(first);
        history.Add(new ChatMessage(ChatRole.Tool, [new FunctionResultContent(first.Messages[0].Contents.OfType<FunctionCallContent>().Single().CallId, "12")]));
        ChatResponse second = await client.GetResponseAsync(history, options);

        Assert.InRange(second.Usage!.CachedInputTokenCount!.Value, first.Usage!.InputTokenCount!.Value, first.Usage.TotalTokenCount!.Value - 10);
    }

    [Fact]
    public async Task A_hidden_thought_stays_between_a_call_and_its_result_and_leaves_with_the_turn()
    {
        const string Thought = "<|channel>thought\nParis it is.\n<channel|>";
        const string Call = "<|tool_call>call:get_weather{city:<|\"|>Paris<|\"|>,day:<|\"|>today<|\"|>}<tool_call|>";
        using IChatClient client = TestClient.Create(Thought + Call + "<|tool_response>", "It is 12 degrees.<turn|>");
        ChatOptions options = new() { Tools = [Weather], Reasoning = new() { Effort = ReasoningEffort.Low, Output = ReasoningOutput.None } };
        List<ChatMessage> history = [new(ChatRole.User, "Weather in Paris?")];

        ChatResponse first = await client.GetResponseAsync(history, options);
        history.AddMessages(first);
        history.Add(new ChatMessage(ChatRole.Tool, [new FunctionResultContent(first.Messages[0].Contents.OfType<FunctionCallContent>().Single().CallId, "12")]));
        ChatResponse second = await client.GetResponseAsync(history, options);

        Assert.Equal(first.Usage!.TotalTokenCount - 1, second.Usage!.CachedInputTokenCount);
    }

    [Fact]
    public async Task What_many_requests_begin_with_is_read_once()
    {
        using Gemma4ChatClient client = HashClient.Create(size => new HashEngine(size), out Func<HashEngine> engine);
        string instructions = string.Concat(Enumerable.Repeat("Be brief and kind. ", 20));
        ChatOptions options = new() { Instructions = instructions, MaxOutputTokens = 4 };
        await client.WarmUpAsync([], options);
        long read = engine().Appended;

        ChatResponse[] responses = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => client.GetResponseAsync($"Question {i}?", options)));

        Assert.All(responses, response => Assert.True(response.Usage!.CachedInputTokenCount >= read - 1, $"{response.Usage.CachedInputTokenCount} of {read}"));
        Assert.InRange(engine().Appended - read, 6, 6 * 20);
    }

    [Fact]
    public async Task Prompts_that_come_at_once_share_the_reading_of_their_beginning()
    {
        using Gemma4ChatClient client = HashClient.Create(size => new HashEngine(size), out Func<HashEngine> engine, options => options.PrefillChunkSize = 16);
        ChatOptions options = new() { Instructions = string.Concat(Enumerable.Repeat("Be brief and kind. ", 30)), MaxOutputTokens = 2 };
        int prompt = await client.CountTokensAsync([new ChatMessage(ChatRole.User, "Question 0?")], options);

        await Task.WhenAll(Enumerable.Range(0, 6).Select(i => client.GetResponseAsync($"Question {i}?", options)));

        Assert.InRange(engine().Appended, prompt, 2 * prompt);
    }

    [Fact]
    public async Task A_running_request_takes_the_memory_of_kept_sessions()
    {
        using Gemma4ChatClient client = HashClient.Create(size => new HashEngine(size) { Memory = 300 }, out Func<HashEngine> engine);
        for (int i = 0; i < 30; i++)
        {
            ChatResponse response = await client.GetResponseAsync(string.Concat(Enumerable.Repeat($"Number {i}. ", 20)), new() { MaxOutputTokens = 8, Temperature = 0 });
            Assert.NotNull(response.FinishReason);
        }

        Assert.True(client.GetStatistics().PrefixCache.Evictions > 5);
        Assert.InRange(engine().OpenSessions, 1, 3);
    }

    [Fact]
    public async Task The_budget_of_kept_sessions_is_held()
    {
        using Gemma4ChatClient client = HashClient.Create(size => new HashEngine(size), out _, options => options.PrefixCache.MemoryBudget = 100);
        for (int i = 0; i < 10; i++)
        {
            await client.GetResponseAsync($"Number {i}.", new() { MaxOutputTokens = 30, Temperature = 0 });
            Assert.InRange(client.GetStatistics().PrefixCache.Bytes, 0, 100);
        }
    }
}
