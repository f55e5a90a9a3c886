using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Gemma4.Tests.Generation;

public class SchedulerTests
{
    [Theory]
    [InlineData(1, 8)]
    [InlineData(2, 3)]
    [InlineData(3, 1)]
    public async Task Many_callers_get_what_each_would_get_alone(int seed, int maxConcurrentRequests)
    {
        using Gemma4ChatClient alone = HashClient.Create(size => new HashEngine(size) { MeanAnswer = 64 }, out _);
        using ManualResetEventSlim allAreHere = new();
        using Gemma4ChatClient shared = HashClient.Create(
            size => new HashEngine(size) { MeanAnswer = 64, OnStep = (_, _) => allAreHere.Wait() },
            out Func<HashEngine> engine,
            options => options.Scheduling.MaxConcurrentRequests = maxConcurrentRequests);
        Random random = new(seed);
        string[] prompts = [.. Enumerable.Range(0, 40).Select(i => string.Concat(Enumerable.Repeat($"Question {random.Next(9)}. ", random.Next(1, 60))))];
        ChatOptions options = new() { Temperature = 0, MaxOutputTokens = 60 };

        Task<ChatResponse>[] requests = [.. prompts.Select(prompt => shared.GetResponseAsync(prompt, options))];
        while (shared.GetStatistics() is { } now && now.RunningRequests + now.QueuedRequests < prompts.Length)
        {
            await Task.Yield();
        }

        allAreHere.Set();
        ChatResponse[] together = await Task.WhenAll(requests);

        for (int i = 0; i < prompts.Length; i++)
        {
            Assert.Equal((await alone.GetResponseAsync(prompts[i], options)).Text, together[i].Text);
        }

        Assert.Equal(maxConcurrentRequests > 1, engine().Log.Any(entry => entry.StartsWith("batch", StringComparison.Ordinal)));
        Assert.Equal(0, shared.GetStatistics().RunningRequests);
        shared.Dispose();
        Assert.Equal(0, engine().OpenSessions);
    }

    [Fact]
    public async Task Without_batches_every_request_computes_alone()
    {
        using Gemma4ChatClient client = HashClient.Create(size => new HashEngine(size), out Func<HashEngine> engine, options => options.Scheduling.MaxBatchSize = 1);

        await Task.WhenAll(Enumerable.Range(0, 8).Select(i => client.GetResponseAsync($"Question {i}?", new() { MaxOutputTokens = 20 })));

        Assert.DoesNotContain(engine().Log, entry => entry.StartsWith("batch", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(11)]
    [InlineData(12)]
    public async Task Whatever_fails_or_is_given_up_harms_no_neighbour(int seed)
    {
        Random random = new(seed);
        Random faults = new(seed + 100);
        Lock gate = new();
        using Gemma4ChatClient alone = HashClient.Create(size => new HashEngine(size), out _);
        using Gemma4ChatClient shared = HashClient.Create(
            size => new HashEngine(size)
            {
                Memory = 3000,
                OnStep = (sessions, tokens) =>
                {
                    lock (gate)
                    {
                        if (faults.Next(60) == 0)
                        {
                            throw new Gemma4ModelException("The test's engine failed.");
                        }
                    }
                },
            },
            out Func<HashEngine> engine,
            options => options.PrefillChunkSize = 8);
        int answered = 0, failed = 0, cancelled = 0;

        async Task Ask(string prompt, int readAtMost, bool cancel)
        {
            ChatOptions options = new() { Temperature = 0, MaxOutputTokens = 50 };
            using CancellationTokenSource source = new();
            List<ChatResponseUpdate> updates = [];
            try
            {
                await foreach (ChatResponseUpdate update in shared.GetStreamingResponseAsync(prompt, options, source.Token))
                {
                    updates.Add(update);
                    if (updates.Count == readAtMost)
                    {
                        if (!cancel)
                        {
                            break;
                        }

                        await source.CancelAsync();
                    }
                }

                if (updates.Count < readAtMost)
                {
                    Assert.Equal((await alone.GetResponseAsync(prompt, options)).Text, updates.ToChatResponse().Text);
                    Interlocked.Increment(ref answered);
                }
            }
            catch (OperationCanceledException) when (cancel)
            {
                Interlocked.Increment(ref cancelled);
            }
            catch (Gemma4ModelException error)
            {
                Assert.Equal("The test's engine failed.", error.Message);
                Interlocked.Increment(ref failed);
            }
        }

        await Task.WhenAll(Enumerable.Range(0, 150).Select(i => Ask(
            string.Concat(Enumerable.Repeat($"Question {random.Next(9)}. ", random.Next(1, 30))),
            random.Next(3) == 0 ? random.Next(1, 6) : int.MaxValue,
            random.Next(2) == 0)));

        Assert.True(answered > 20 && failed > 5 && cancelled > 3, $"{answered} answered, {failed} failed, {cancelled} cancelled");
        Assert.Equal(0, shared.GetStatistics().RunningRequests);
        Assert.Equal(0, shared.GetStatistics().QueuedRequests);
        shared.Dispose();
        Assert.Equal(0, engine().OpenSessions);
    }

    [Fact]
    public async Task A_step_for_several_that_fails_is_logged_and_each_goes_on_alone()
    {
        LogList log = new();
        using ILoggerFactory loggers = LoggerFactory.Create(builder => builder.AddProvider(log));
        using ManualResetEventSlim go = new();
        using Gemma4ChatClient alone = HashClient.Create(size => new HashEngine(size), out _);
        using Gemma4ChatClient client = HashClient.Create(
            size => new HashEngine(size)
            {
                OnStep = (sessions, _) =>
                {
                    go.Wait();
                    if (sessions > 1)
                    {
                        throw new InvalidOperationException("Together nothing goes.");
                    }
                },
            },
            out _,
            loggers: loggers);
        ChatOptions options = new() { Temperature = 0, MaxOutputTokens = 200 };
        string[] prompts = [.. Enumerable.Range(0, 6).Select(i => $"Question {i}.")];

        Task<ChatResponse>[] asked = [.. prompts.Select(prompt => client.GetResponseAsync(prompt, options))];
        await Until(() => client.GetStatistics() is var now && now.RunningRequests + now.QueuedRequests == prompts.Length);
        go.Set();
        ChatResponse[] answers = await Task.WhenAll(asked);

        foreach ((string prompt, ChatResponse answer) in prompts.Zip(answers))
        {
            Assert.Equal((await alone.GetResponseAsync(prompt, options)).Text, answer.Text);
        }

        // Not at every token.
        Assert.Contains("responses at once failed; each goes on alone", Assert.Single(log.Warnings), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(40)]
    [InlineData(41)]
    [InlineData(47)]
    public async Task Only_the_last_piece_of_a_prompt_is_scored(int words)
    {
        const int Piece = 8;
        using Gemma4ChatClient client = HashClient.Create(size => new HashEngine(size), out Func<HashEngine> engine, options => options.PrefillChunkSize = Piece);

        ChatResponse response = await client.GetResponseAsync(string.Concat(Enumerable.Repeat("a ", words)), new ChatOptions { MaxOutputTokens = 3 });

        Assert.Equal((response.Usage!.InputTokenCount!.Value - 1) / Piece * Piece, engine().UnscoredTokens);
    }

    [Fact]
    public async Task A_full_queue_refuses_at_once_and_a_request_can_leave_it()
    {
        using ManualResetEventSlim go = new();
        using Gemma4ChatClient client = HashClient.Create(
            size => new HashEngine(size) { OnStep = (_, _) => go.Wait() },
            out _,
            options => (options.Scheduling.MaxConcurrentRequests, options.Scheduling.MaxQueuedRequests) = (1, 1));
        Task<ChatResponse> running = client.GetResponseAsync("One");
        await Until(() => client.GetStatistics().RunningRequests == 1);
        using CancellationTokenSource source = new();
        Task<ChatResponse> waiting = client.GetResponseAsync("Two", cancellationToken: source.Token);
        await Until(() => client.GetStatistics().QueuedRequests == 1);

        Gemma4BusyException busy = await Assert.ThrowsAsync<Gemma4BusyException>(() => client.GetResponseAsync("Three"));
        Assert.Contains("MaxQueuedRequests", busy.Message);
        Assert.True(client.GetStatistics().IsQueueFull);

        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Task<ChatResponse> next = client.GetResponseAsync("Four");
        go.Set();
        Assert.NotNull((await running).FinishReason);
        Assert.NotNull((await next).FinishReason);
    }

    [Fact]
    public async Task The_largest_numbers_mean_no_limit()
    {
        using Gemma4ChatClient client = HashClient.Create(
            size => new HashEngine(size),
            out Func<HashEngine> engine,
            options => (options.Scheduling.MaxQueuedRequests, options.Scheduling.MaxConcurrentRequests, options.PrefillChunkSize) = (int.MaxValue, 8, int.MaxValue));
        List<ChatMessage> history = [new(ChatRole.User, string.Concat(Enumerable.Repeat("A long question? ", 40)))];

        ChatResponse first = await client.GetResponseAsync(history, new() { MaxOutputTokens = 8 });
        history.AddMessages(first);
        history.Add(new ChatMessage(ChatRole.User, "And on?"));
        ChatResponse second = await client.GetResponseAsync(history, new() { MaxOutputTokens = 8 });

        Assert.True(second.Usage!.CachedInputTokenCount > 0);
        Assert.Equal($"append {first.Usage!.InputTokenCount}", engine().Log[0]);
        Assert.False(client.GetStatistics().IsQueueFull);
    }

    [Fact]
    public async Task A_request_that_waited_too_long_is_refused()
    {
        using ManualResetEventSlim go = new();
        ManualTimeProvider time = new();
        using Gemma4ChatClient client = HashClient.Create(
            size => new HashEngine(size) { OnStep = (_, _) => go.Wait() },
            out _,
            options => (options.Scheduling.MaxConcurrentRequests, options.Scheduling.QueueTimeout) = (1, TimeSpan.FromSeconds(5)),
            time);
        Task<ChatResponse> running = client.GetResponseAsync("One");
        await Until(() => client.GetStatistics().RunningRequests == 1);
        Task<ChatResponse> waiting = client.GetResponseAsync("Two");
        await Until(() => client.GetStatistics().QueuedRequests == 1);

        time.Advance(TimeSpan.FromSeconds(6));

        Gemma4BusyException busy = await Assert.ThrowsAsync<Gemma4BusyException>(() => waiting);
        Assert.Contains("5 s", busy.Message);
        go.Set();
        Assert.NotNull((await running).FinishReason);
    }

    [Fact]
    public async Task Higher_priorities_leave_the_queue_first_and_equal_ones_in_their_order()
    {
        using ManualResetEventSlim go = new();
        using Gemma4ChatClient client = HashClient.Create(
            size => new HashEngine(size) { OnStep = (_, _) => go.Wait() },
            out Func<HashEngine> engine,
            options => (options.Scheduling.MaxConcurrentRequests, options.PrefixCache.Enabled) = (1, false));
        async Task Ask(int words, object priority) => await client.GetResponseAsync(
            string.Concat(Enumerable.Repeat("word ", words)), new() { MaxOutputTokens = 1, AdditionalProperties = new() { ["priority"] = priority } });

        List<Task> tasks = [Ask(10, 0)];
        await Until(() => client.GetStatistics().RunningRequests == 1);
        foreach ((int words, object priority) in new (int, object)[] { (20, -1), (30, 0), (40, "7"), (50, 0) })
        {
            int queued = client.GetStatistics().QueuedRequests;
            tasks.Add(Ask(words, priority));
            await Until(() => client.GetStatistics().QueuedRequests == queued + 1);
        }

        go.Set();
        await Task.WhenAll(tasks);
        int[] lengths = [.. engine().Log.Select(entry => int.Parse(entry["append ".Length..], System.Globalization.CultureInfo.InvariantCulture))];
        Assert.Equal([0, 3, 2, 4, 1], lengths.Select(length => lengths.Order().ToList().IndexOf(length)));
    }

    [Fact]
    public async Task A_running_answer_goes_on_while_a_long_prompt_is_read()
    {
        // A step takes 40 ms, and a token of a prompt 10 ms.
        ManualTimeProvider time = new();
        using ManualResetEventSlim begun = new();
        using ManualResetEventSlim go = new();
        int steps = 0;
        using Gemma4ChatClient client = HashClient.Create(
            size => new HashEngine(size)
            {
                MeanAnswer = int.MaxValue,
                OnStep = (sessions, tokens) =>
                {
                    time.Advance(TimeSpan.FromMilliseconds(tokens == 1 ? 40 : 10 * tokens));
                    if (++steps == 10)
                    {
                        begun.Set();
                        go.Wait();
                    }
                },
            },
            out Func<HashEngine> engine,
            options => options.MaxDraftTokens = 0,
            time);
        Task<ChatResponse> running = client.GetResponseAsync("One", new() { MaxOutputTokens = 400 });
        await Task.Run(begun.Wait);
        Task<ChatResponse> beside = client.GetResponseAsync(string.Concat(Enumerable.Repeat("long ", 400)), new() { MaxOutputTokens = 1 });
        await Until(() => client.GetStatistics().QueuedRequests == 1);
        go.Set();
        await Task.WhenAll(running, beside);

        // Between the first and the last piece of the long prompt: most tokens follow the one before at once.
        string[] log = [.. engine().Log.Skip(10)];
        int[] pieces = [.. Enumerable.Range(0, log.Length).Where(i => log[i] is not "append 1" && log[i].StartsWith("append ", StringComparison.Ordinal))];
        int tokens = pieces[^1] - pieces[0] - pieces.Length + 1;
        Assert.InRange(pieces.Length, 4, 8);
        Assert.True(tokens >= 20 * (pieces.Length - 2), $"{tokens} tokens beside {pieces.Length} pieces");
        Assert.Equal("append 128", log[pieces[1]]);
    }

    // Waits for what another thread is about to do.
    private static async Task Until(Func<bool> condition)
    {
        using CancellationTokenSource limit = new(TimeSpan.FromMinutes(5)); // ends a hang, however busy the machine is
        while (!condition())
        {
            limit.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }
}
