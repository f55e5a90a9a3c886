using Microsoft.Extensions.AI;
using Xunit;

namespace Gemma4.Tests.Generation;

public class ScoringTests
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Scores_are_made_in_turn_with_other_requests_and_never_beside_their_steps()
    {
        int inside = 0;
        int most = 0;
        using ManualResetEventSlim go = new();
        using Gemma4ChatClient client = HashClient.Create(
            size => new HashEngine(size)
            {
                OnStep = (_, _) =>
                {
                    most = Math.Max(most, Interlocked.Increment(ref inside));
                    go.Wait();
                    Interlocked.Decrement(ref inside);
                },
            },
            out _);
        Task<ChatResponse> chat = client.GetResponseAsync("A question?", new() { MaxOutputTokens = 60 });
        await Until(() => Volatile.Read(ref inside) == 1);

        Task<IReadOnlyList<IReadOnlyList<double>>> scores = client.ScoreAsync([Ask("One"), Ask("Two")], ["Yes", "No, never"]);
        await Until(() => client.GetStatistics().QueuedRequests == 1 || Volatile.Read(ref inside) == 2);
        go.Set();

        await chat.WaitAsync(Long);
        Assert.All(await scores.WaitAsync(Long), row => Assert.All(row, score => Assert.True(score <= 0)));
        Assert.Equal(1, most);
        Assert.Equal(0, client.GetStatistics().RunningRequests);
    }

    [Fact]
    public async Task A_judge_scores_while_the_answers_that_it_judges_hold_all_places_and_soon()
    {
        const int Pieces = 20;
        using ManualResetEventSlim go = new();
        using Gemma4ChatClient client = HashClient.Create(
            size => new HashEngine(size) { MeanAnswer = int.MaxValue, OnStep = (_, _) => go.Wait() },
            out Func<HashEngine> engine,
            options =>
            {
                (options.Scheduling.MaxConcurrentRequests, options.Scheduling.MaxQueuedRequests, options.PrefillChunkSize) = (1, 1, 16);
                options.MaxDraftTokens = 0;
            });
        using CancellationTokenSource source = new();
        Task<ChatResponse>[] chats = [.. Enumerable.Range(0, 2).Select(i => client.GetResponseAsync($"Question {i}?", new() { MaxOutputTokens = 1500 }, source.Token))];
        await Until(() => client.GetStatistics().IsQueueFull);

        Task<IReadOnlyList<IReadOnlyList<double>>>[] scores =
        [
            .. Enumerable.Range(0, 2).Select(i => client.ScoreAsync([Ask(string.Concat(Enumerable.Repeat(i + " is a text. ", 16 * Pieces / 12)))], ["Yes"])),
        ];
        await Until(() => client.GetStatistics() is { QueuedRequests: 3 } or { QueuedRequests: 2, RunningRequests: 2 });
        Task refused = client.ScoreAsync([Ask("One")], ["Yes"]);
        go.Set();

        await Task.WhenAll([.. scores, .. chats]).WaitAsync(Long);
        Assert.Contains("2 calls that score", (await Assert.ThrowsAsync<Gemma4BusyException>(() => refused.WaitAsync(Long))).Message);

        // One step of the first answer between two pieces of what is scored; a prompt would have waited for 28.
        Assert.InRange(engine().Log.Take(1500).ToList().LastIndexOf("append 16"), 2 * Pieces, 6 * Pieces);
    }

    [Theory]
    [InlineData(true, int.MaxValue, true)]
    [InlineData(true, 12, true)]
    [InlineData(false, int.MaxValue, false)]
    public async Task A_conversation_scores_as_it_does_alone_and_reads_only_what_is_new(bool canFork, int window, bool keeps)
    {
        using Gemma4ChatClient client = HashClient.Create(
            size => new HashEngine(size) { CanFork = canFork, Window = window },
            out Func<HashEngine> engine,
            options => (options.PrefillChunkSize, options.PrefixCache.Enabled) = (16, keeps));
        IReadOnlyList<ChatMessage>[] conversations = [.. Enumerable.Range(0, 4).Select(i => Ask(string.Concat(Enumerable.Repeat("A long text to be judged. ", 12)) + i))];
        string[] answers = ["Yes", "No, never at all", "It is"];

        IReadOnlyList<IReadOnlyList<double>> together = await client.ScoreAsync(conversations, answers);
        long read = engine().Appended;
        for (int i = 0; i < conversations.Length; i++)
        {
            IReadOnlyList<IReadOnlyList<double>> alone = await client.ScoreAsync([conversations[i]], answers);
            Assert.Equal(alone[0], together[i]);
        }

        if (window > 100)
        {
            long apart = engine().Appended - read;
            Assert.True(read < apart / 2, $"{read} tokens together, {apart} one by one");
        }

        Assert.Equal(0, engine().OpenSessions);
        Assert.Equal(0, client.GetStatistics().PrefixCache.Misses);
    }

    [Fact]
    public async Task Scoring_that_is_cancelled_ends_with_the_callers_token_and_leaves_its_place()
    {
        using CancellationTokenSource source = new();
        using Gemma4ChatClient client = HashClient.Create(size => new HashEngine(size) { OnStep = (_, _) => source.Cancel() }, out Func<HashEngine> engine);

        OperationCanceledException error = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.ScoreAsync([Ask("One")], ["Yes"], source.Token));

        Assert.Equal(source.Token, error.CancellationToken);
        Assert.Equal(0, client.GetStatistics().RunningRequests);
        Assert.Equal(0, engine().OpenSessions);
    }

    private static ChatMessage[] Ask(string text) => [new(ChatRole.User, text)];

    // Waits for what another thread is about to do.
    private static async Task Until(Func<bool> condition)
    {
        using CancellationTokenSource limit = new(Long);
        while (!condition())
        {
            limit.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }
}
