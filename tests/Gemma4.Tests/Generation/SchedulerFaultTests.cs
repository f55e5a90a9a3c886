using System.Diagnostics.Metrics;
using Gemma4.Generation;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Gemma4.Tests.Generation;

/// <summary>What listeners, loggers and engines do wrong must not cost a request its end, a place or a kept session.</summary>
public class SchedulerFaultTests
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_request_no_longer_counts_as_running_once_its_answer_is_there()
    {
        const string Model = "counted-before-the-end";
        using Gemma4ChatClient client = HashClient.Create(size => new HashEngine(size), out _, options => options.ModelId = Model);
        Task<ChatResponse>? answer = null;
        TaskCompletionSource<bool> wasThereBefore = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using ManualResetEventSlim asked = new();
        using MeterListener listener = Listen(Model, "gemma4.requests.running", change =>
        {
            if (change < 0)
            {
                asked.Wait();

                // The answer must wait for this, so it does not come however long this waits.
                wasThereBefore.SetResult(answer!.Wait(TimeSpan.FromMilliseconds(300)));
            }
        });

        answer = client.GetResponseAsync("One", new() { MaxOutputTokens = 3 });
        asked.Set();
        await answer;

        Assert.False(await wasThereBefore.Task.WaitAsync(Long));
    }

    [Theory]
    [InlineData("gemma4.requests.queued")]
    [InlineData("gemma4.requests.running")]
    [InlineData("gemma4.tokens.prompt")]
    [InlineData("gemma4.tokens.output")]
    [InlineData("gemma4.prefix_cache.bytes")]
    [InlineData("gemma4.batch.size")]
    public async Task A_listener_that_throws_costs_no_answer_no_place_and_no_kept_session(string instrument)
    {
        string model = "throwing-" + instrument;
        LogList log = new();
        using ILoggerFactory loggers = LoggerFactory.Create(builder => builder.AddProvider(log));
        using Gemma4ChatClient client = HashClient.Create(size => new HashEngine(size), out Func<HashEngine> engine, options => options.ModelId = model, loggers: loggers);
        using (MeterListener listener = Listen(model, instrument, _ => throw new FormatException("The listener failed.")))
        {
            Task<ChatResponse>[] during = [.. Enumerable.Range(0, 12).Select(i => client.GetResponseAsync($"Question {i}?", new() { MaxOutputTokens = 20 }))];
            Assert.All(await Task.WhenAll(during).WaitAsync(Long), response => Assert.NotNull(response.FinishReason));
        }

        Assert.NotNull((await client.GetResponseAsync("Question 3?", new() { MaxOutputTokens = 5 }).WaitAsync(Long)).FinishReason);
        Gemma4Statistics now = client.GetStatistics();
        Assert.Equal((0, 0), (now.RunningRequests, now.QueuedRequests));
        Assert.Contains("A listener of the meter threw", Assert.Single(log.Warnings), StringComparison.Ordinal);
        client.Dispose();
        Assert.Equal(0, engine().OpenSessions);
    }

    [Fact]
    public async Task A_session_that_cannot_be_disposed_fails_its_request_and_no_other()
    {
        bool fails = false;
        using ManualResetEventSlim go = new();
        using Gemma4ChatClient client = HashClient.Create(
            size => new HashEngine(size)
            {
                OnStep = (_, _) => go.Wait(),
                OnSessionDisposed = () =>
                {
                    if (Volatile.Read(ref fails))
                    {
                        throw new InvalidOperationException("The session stays.");
                    }
                },
            },
            out _,
            options => options.PrefixCache.Enabled = false);
        fails = true;
        using CancellationTokenSource source = new();
        Task<ChatResponse> cancelled = client.GetResponseAsync("Question?", new() { MaxOutputTokens = 200 }, source.Token);
        Task<ChatResponse>[] asked = [.. Enumerable.Range(0, 3).Select(i => client.GetResponseAsync($"Question {i}?", new() { MaxOutputTokens = 4 + (40 * i) }))];
        await source.CancelAsync();
        go.Set();

        await Assert.ThrowsAnyAsync<Exception>(() => cancelled.WaitAsync(Long));
        foreach (Task<ChatResponse> one in asked)
        {
            InvalidOperationException error = await Assert.ThrowsAsync<InvalidOperationException>(() => one.WaitAsync(Long));
            Assert.Equal("The session stays.", error.Message);
        }

        fails = false;
        Assert.NotNull((await client.GetResponseAsync("Again?", new() { MaxOutputTokens = 4 }).WaitAsync(Long)).FinishReason);
        Assert.Equal(0, client.GetStatistics().RunningRequests);
    }

    [Fact]
    public async Task After_a_step_that_ended_in_the_logger_no_request_of_it_is_ended_twice()
    {
        using ILoggerFactory loggers = LoggerFactory.Create(builder => builder.AddProvider(new ThrowingLog()));
        using ManualResetEventSlim go = new();
        int last = 0;
        bool failed = false;
        using Gemma4ChatClient client = HashClient.Create(
            size => new HashEngine(size)
            {
                MeanAnswer = int.MaxValue,
                OnStep = (sessions, _) =>
                {
                    go.Wait();
                    bool othersWait = sessions == 4 && last == 2;
                    last = sessions;
                    if (othersWait && !failed)
                    {
                        failed = true;
                        throw new InvalidOperationException("Together nothing goes.");
                    }
                },
            },
            out _,
            timeProvider: new ManualTimeProvider(), // No prompt waits for its turn beside responses.
            loggers: loggers);
        Task<ChatResponse>[] asked = [.. Enumerable.Range(0, 6).Select(i => client.GetResponseAsync($"Question {i}.", new() { MaxOutputTokens = 200 }))];
        using CancellationTokenSource limit = new(Long);
        while (client.GetStatistics() is var now && now.RunningRequests + now.QueuedRequests < asked.Length)
        {
            limit.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }

        go.Set();
        await Task.WhenAll(asked).WaitAsync(Long).ContinueWith(_ => { }, TaskScheduler.Default);
        Assert.True(failed);
        Assert.Contains(asked, one => one.IsFaulted);

        ChatResponse[] later = await Task.WhenAll(Enumerable.Range(0, 3).Select(i => client.GetResponseAsync($"Later {i}.", new() { MaxOutputTokens = 50 }))).WaitAsync(Long);

        Assert.All(later, response => Assert.Equal(50, response.Usage!.OutputTokenCount));
        Assert.Equal(0, client.GetStatistics().RunningRequests);
    }

    [Fact]
    public async Task What_flows_with_one_caller_does_not_stay_with_the_scheduler()
    {
        AsyncLocal<string?> flowing = new() { Value = "of the first caller" };
        string? seen = "";
        using Gemma4ChatClient client = HashClient.Create(size => new HashEngine(size) { OnStep = (_, _) => seen = flowing.Value }, out _);

        await client.GetResponseAsync("One", new() { MaxOutputTokens = 2 });

        Assert.Null(seen);
    }

    [Fact]
    public void A_copy_that_does_not_fit_leaves_a_session_that_can_be_used()
    {
        using HashEngine engine = new(2000) { Memory = 160 };
        using PrefixCache cache = new(engine, new PrefixCacheOptions(), new EngineMetrics("copies", NullLogger.Instance));
        int[] beginning = [.. Enumerable.Range(400, 100)];
        CachedSession idle = cache.Rent([.. beginning[..8], 1, 2], null, []);
        idle.Append([.. beginning[..8], 1, 2], 1, default);
        cache.Return(idle);
        int[] long1 = [.. beginning, 7];
        using CachedSession busy = cache.Rent([9, .. long1], null, []);
        busy.Append(long1, 1, default);

        int[] prompt = [.. beginning, 8, 9];
        using CachedSession rented = cache.Rent(prompt, null, [busy]);
        int cached = rented.Tokens.Length;

        Assert.Equal(prompt[..cached], rented.Tokens.ToArray());
        cache.Append(rented, prompt.AsSpan(cached..(cached + 20)), 1, default);
        Assert.Equal(prompt[..(cached + 20)], rented.Tokens.ToArray());
    }

    [Fact]
    public async Task A_guess_that_does_not_fit_into_the_memory_ends_no_answer()
    {
        // An answer that repeats itself is guessed, and ends where the model cannot know.
        const string Prompt = "What about what about what about what about it?";
        using Gemma4ChatClient roomy = HashClient.Create(size => new HashEngine(size) { MemorySpan = 1, MeanAnswer = int.MaxValue }, out _);
        string text = (await roomy.GetResponseAsync(Prompt, new() { Temperature = 0, MaxOutputTokens = 300 })).Text;
        ChatOptions options = new() { Temperature = 0, MaxOutputTokens = 400, StopSequences = [text[(text.Length / 3)..]] };
        ChatResponse expected = await roomy.GetResponseAsync(Prompt, options);
        Assert.Equal(ChatFinishReason.Stop, expected.FinishReason);

        // Room for what has to be read, and for no guess beyond it.
        using Gemma4ChatClient narrow = HashClient.Create(
            size => new HashEngine(size) { MemorySpan = 1, MeanAnswer = int.MaxValue, Memory = expected.Usage!.TotalTokenCount!.Value - 1 },
            out Func<HashEngine> engine);
        ChatResponse actual = await narrow.GetResponseAsync(Prompt, options);

        Assert.Equal(expected.Text, actual.Text);
        Assert.Equal(expected.Usage!.OutputTokenCount, actual.Usage!.OutputTokenCount);
        Assert.Contains("draft 7", engine().Log);
    }

    private static MeterListener Listen(string model, string name, Action<double> note)
    {
        MeterListener listener = new()
        {
            InstrumentPublished = (instrument, own) =>
            {
                if (instrument.Name == name)
                {
                    own.EnableMeasurementEvents(instrument);
                }
            },
        };
        void Note(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            foreach (KeyValuePair<string, object?> tag in tags)
            {
                if (model.Equals(tag.Value))
                {
                    note(value);
                }
            }
        }

        listener.SetMeasurementEventCallback<int>((_, value, tags, _) => Note(value, tags));
        listener.SetMeasurementEventCallback<long>((_, value, tags, _) => Note(value, tags));
        listener.SetMeasurementEventCallback<double>((_, value, tags, _) => Note(value, tags));
        listener.Start();
        return listener;
    }

    private sealed class ThrowingLog : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            throw new IOException("The log is full.");

        public void Dispose()
        {
        }
    }
}
