using Gemma4.Agents.Memory;
using Gemma4.Testing;
using Microsoft.Agents.AI;
using Microsoft.Extensions.AI;
using Xunit;

namespace Gemma4.Agents.Tests;

public class MemoryTests
{
    [Fact]
    public async Task A_call_never_loses_its_results_and_the_question_stays()
    {
        Random random = new(11);
        for (int round = 0; round < 200; round++)
        {
            List<ChatMessage> conversation = [new(ChatRole.System, "Be brief.")];
            int call = 0;
            for (int turn = 0; turn < random.Next(1, 30); turn++)
            {
                AddTurn(conversation, random, ref call);
            }

            CompactingChatReducer reducer = new(new CompactionOptions { MaxTokens = random.Next(100, 600), KeepTokens = random.Next(20, 99) });
            ChatMessage[] reduced = [.. await reducer.ReduceAsync(conversation, default)];

            HashSet<string> calls = [.. reduced.SelectMany(message => message.Contents).OfType<FunctionCallContent>().Select(content => content.CallId)];
            HashSet<string> results = [.. reduced.SelectMany(message => message.Contents).OfType<FunctionResultContent>().Select(content => content.CallId)];
            Assert.Equal(calls.Order(), results.Order());
            Assert.Equal("Be brief.", reduced[0].Text);
            ChatMessage question = conversation.Last(message => message.Role == ChatRole.User);
            Assert.Contains(question, reduced);
            // Reducing what was reduced, or the whole again, gives the same.
            Assert.Equal(reduced.Select(message => message.Text), (await reducer.ReduceAsync(conversation, default)).Select(message => message.Text));
        }
    }

    [Fact]
    public async Task Between_cuts_each_request_only_adds_to_the_one_before()
    {
        Random random = new(5);
        CompactingChatReducer reducer = new(new CompactionOptions { MaxTokens = 4000, KeepTokens = 1200, Summarize = (_, messages, _) => Task.FromResult($"{messages.Count} messages") });
        List<ChatMessage> conversation = [new(ChatRole.System, "Be brief.")];
        string before = "";
        double cached = 0;
        double all = 0;
        int call = 0;
        int cuts = 0;
        for (int turn = 0; turn < 400; turn++)
        {
            AddTurn(conversation, random, ref call);
            string prompt = string.Join('\n', (await reducer.ReduceAsync(conversation, default)).Select(message => $"{message.Role}: {MessageText.Of(message)}"));
            int shared = before.AsSpan().CommonPrefixLength(prompt);
            cuts += shared < before.Length ? 1 : 0;
            cached += shared;
            all += before.Length; // What could be cached at all.
            before = prompt;
        }

        Assert.InRange(cuts, 5, 60);
        Assert.True(cached / all >= 0.90, $"{cached / all:P1} of the tokens of the last prompt are served again");
    }

    [Fact]
    public async Task Each_cut_is_summed_up_once_with_the_summary_before_it()
    {
        List<(string? Before, int Count)> made = [];
        CompactingChatReducer reducer = new(new CompactionOptions
        {
            MaxTokens = 100,
            KeepTokens = 40,
            Summarize = (before, messages, _) => { made.Add((before, messages.Count)); return Task.FromResult($"summary {made.Count}"); },
        });
        List<ChatMessage> conversation = [];
        for (int i = 0; i < 12; i++)
        {
            conversation.Add(new ChatMessage(ChatRole.User, new string('q', 60)));
            conversation.Add(new ChatMessage(ChatRole.Assistant, new string('a', 60)));
            await reducer.ReduceAsync(conversation, default);
        }

        ChatMessage[] reduced = [.. await reducer.ReduceAsync(conversation, default)];
        Assert.True(made.Count >= 3);
        Assert.Null(made[0].Before);
        Assert.Equal("summary 1", made[1].Before);
        Assert.Equal($"[Summary of the earlier conversation]\nsummary {made.Count}", reduced[0].Text);
    }

    [Fact]
    public async Task A_request_that_is_cancelled_while_it_sums_up_cancels_no_other_that_waits_for_the_same_summary()
    {
        int made = 0;
        TaskCompletionSource begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
        CompactingChatReducer reducer = new(new CompactionOptions
        {
            MaxTokens = 40,
            KeepTokens = 20,
            Summarize = async (_, _, cancellationToken) =>
            {
                if (++made == 1)
                {
                    begun.SetResult();
                    await Task.Delay(Timeout.Infinite, cancellationToken);
                }

                return "the summary";
            },
        });
        ChatMessage[] conversation = [.. Enumerable.Range(0, 8).Select(i => new ChatMessage(i % 2 == 0 ? ChatRole.User : ChatRole.Assistant, $"Message number {i} of them."))];
        using CancellationTokenSource stopped = new();
        Task<IEnumerable<ChatMessage>> first = reducer.ReduceAsync(conversation, stopped.Token);
        await begun.Task;
        Task<IEnumerable<ChatMessage>> second = reducer.ReduceAsync(conversation, default);
        using CancellationTokenSource impatient = new();
        Task<IEnumerable<ChatMessage>> third = reducer.ReduceAsync(conversation, impatient.Token);
        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => third.WaitAsync(TimeSpan.FromSeconds(30)));

        await stopped.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        Assert.Contains((await second).Select(message => message.Text), text => text.Contains("the summary", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Only_so_many_summaries_are_remembered_the_oldest_go_first()
    {
        int made = 0;
        CompactingChatReducer reducer = new(new CompactionOptions { MaxTokens = 40, KeepTokens = 20, Summarize = (_, _, _) => Task.FromResult($"summary {++made}") });
        for (int i = 0; i <= CompactingChatReducer.MaxSummaries; i++)
        {
            await Reduce(i);
        }

        int all = made;
        await Reduce(CompactingChatReducer.MaxSummaries);
        int again = made;
        await Reduce(0);

        Assert.Equal(CompactingChatReducer.MaxSummaries + 1, all);
        Assert.Equal(all, again);
        Assert.Equal(all + 1, made);

        Task<IEnumerable<ChatMessage>> Reduce(int number) => reducer.ReduceAsync(
            [new ChatMessage(ChatRole.User, $"{number} " + new string('q', 120)), new ChatMessage(ChatRole.Assistant, "Fine."), new ChatMessage(ChatRole.User, "Next.")], default);
    }

    [Fact]
    public async Task A_session_of_the_Agent_Framework_is_compacted_and_recalls_what_was_left_out()
    {
        using LetterVectors vectors = new();
        ConversationMemory memory = new(vectors);
        using ScriptedChatClient model = new ScriptedChatClient().Otherwise(asked => [new TextContent("Noted.")]);
        ChatClientAgent agent = new(model, new ChatClientAgentOptions
        {
            ChatHistoryProvider = new InMemoryChatHistoryProvider(new InMemoryChatHistoryProviderOptions
            {
                ChatReducer = new CompactingChatReducer(new CompactionOptions { MaxTokens = 60, KeepTokens = 20 }),
            }),
            AIContextProviders = [new RecallContextProvider(memory, count: 1)],
        });
        AgentSession session = await agent.CreateSessionAsync();
        await agent.RunAsync("zzz zzz is my password hint", session);
        for (int i = 0; i < 6; i++)
        {
            await agent.RunAsync("aaa bbb ccc aaa bbb ccc aaa bbb ccc aaa bbb ccc", session);
        }

        await agent.RunAsync("zzz zzz", session);

        ChatMessage[] seen = [.. model.Calls[^1].Messages];
        Assert.True(seen.Sum(message => message.Text.Length) < 500);
        Assert.Contains(seen, message => message.Text.Contains("[From earlier conversations", StringComparison.Ordinal) && message.Text.Contains("password hint", StringComparison.Ordinal));
    }

    [Fact]
    public void Settings_out_of_range_are_refused() => Assert.Contains(
        "KeepTokens is 6000", Assert.Throws<ArgumentException>(() => new CompactingChatReducer(new CompactionOptions { KeepTokens = 6000 })).Message, StringComparison.Ordinal);

    private static void AddTurn(List<ChatMessage> conversation, Random random, ref int call)
    {
        conversation.Add(new ChatMessage(ChatRole.User, $"question {conversation.Count} " + new string('q', random.Next(100))));
        for (int round = random.Next(3); round > 0; round--)
        {
            string[] ids = [.. Enumerable.Range(call, random.Next(1, 4)).Select(number => $"call_{number}")];
            call += ids.Length;
            conversation.Add(new ChatMessage(ChatRole.Assistant, [.. ids.Select(id => new FunctionCallContent(id, "look", new Dictionary<string, object?> { ["at"] = id }))]));
            conversation.AddRange(ids.Select(id => new ChatMessage(ChatRole.Tool, [new FunctionResultContent(id, new string('r', random.Next(100)))])));
        }

        conversation.Add(new ChatMessage(ChatRole.Assistant, new string('a', random.Next(100))));
    }

    /// <summary>Counts of letters as a vector.</summary>
    private sealed class LetterVectors : IEmbeddingGenerator<string, Embedding<float>>
    {
        public Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default) =>
            Task.FromResult(new GeneratedEmbeddings<Embedding<float>>(values.Select(value =>
            {
                float[] counts = new float[26];
                foreach (char letter in value.ToLowerInvariant().Where(char.IsAsciiLetter))
                {
                    counts[letter - 'a']++;
                }

                return new Embedding<float>(counts);
            })));

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }
}
