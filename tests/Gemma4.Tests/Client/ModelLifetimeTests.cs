using Gemma4.Generation;
using Gemma4.Nano;
using Gemma4.Testing;
using Gemma4.Tests.Models;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Gemma4.Tests.Client;

public class ModelLifetimeTests
{
    [Fact]
    public async Task An_idle_model_is_unloaded_and_loads_again_at_the_next_request()
    {
        ManualTimeProvider time = new();
        int loads = 0;
        using Gemma4ChatClient client = Create(time, () => loads++, TimeSpan.FromMinutes(1));

        await client.GetResponseAsync("Hello");
        time.Advance(TimeSpan.FromSeconds(59));
        await client.GetResponseAsync("Hello");
        Assert.Equal(1, loads);

        time.Advance(TimeSpan.FromSeconds(61));
        await client.GetResponseAsync("Hello");
        Assert.Equal(2, loads);
    }

    [Fact]
    public async Task A_model_is_not_unloaded_under_a_running_response()
    {
        ManualTimeProvider time = new();
        int loads = 0;
        using Gemma4ChatClient client = Create(time, () => loads++, TimeSpan.FromMinutes(1));

        await foreach (ChatResponseUpdate update in client.GetStreamingResponseAsync("Hello"))
        {
            time.Advance(TimeSpan.FromHours(1));
        }

        Assert.Equal(1, loads);
    }

    [Fact]
    public async Task Callers_at_the_same_time_load_the_model_once()
    {
        int loads = 0;
        using Gemma4ChatClient client = Create(new ManualTimeProvider(), () => Interlocked.Increment(ref loads), null);

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => client.GetResponseAsync("Hello")));

        Assert.Equal(1, loads);
    }

    [Fact]
    public async Task A_load_that_failed_is_tried_again()
    {
        int loads = 0;
        using Gemma4ChatClient client = Create(
            new ManualTimeProvider(),
            () =>
            {
                if (loads++ == 0)
                {
                    throw new Gemma4ModelException("Not this time.");
                }
            },
            null);

        await Assert.ThrowsAsync<Gemma4ModelException>(() => client.GetResponseAsync("Hello"));
        ChatResponse response = await client.GetResponseAsync("Hello");

        Assert.Equal(2, loads);
        Assert.Equal(ChatFinishReason.Stop, response.FinishReason);
    }

    [Fact]
    public async Task Looking_at_the_statistics_does_not_keep_a_model_loaded()
    {
        ManualTimeProvider time = new();
        using Gemma4ChatClient client = Create(time, () => { }, TimeSpan.FromMinutes(1));
        await client.GetResponseAsync("Hello");

        time.Advance(TimeSpan.FromSeconds(59));
        Assert.True(client.GetStatistics().IsLoaded);
        time.Advance(TimeSpan.FromSeconds(2));

        Assert.False(client.GetStatistics().IsLoaded);
        client.Dispose();
        Assert.Throws<ObjectDisposedException>(() => client.GetStatistics());
    }

    [Fact]
    public async Task A_model_is_not_loaded_a_second_time_before_the_first_is_gone()
    {
        ManualTimeProvider time = new();
        List<string> log = [];
        using ManualResetEventSlim unloading = new();
        using ManualResetEventSlim go = new();
        Gemma4Options options = new()
        {
            UnloadAfterIdle = TimeSpan.FromMinutes(1),
            EngineFactory = folder =>
            {
                lock (log)
                {
                    log.Add("load");
                }

                return new SlowlyDisposed(
                    new ScriptedEngine(folder.VocabularySize, 64, tokens => tokens.Count % 2 == 0 ? 600 : 106),
                    () =>
                    {
                        unloading.Set();
                        go.Wait();
                        lock (log)
                        {
                            log.Add("unloaded");
                        }
                    });
            },
        };
        using Gemma4ChatClient client = new(options.UseNano(), timeProvider: time);
        await client.GetResponseAsync("Hello");

        Task advance = Task.Run(() => time.Advance(TimeSpan.FromSeconds(61)));
        await Task.Run(unloading.Wait);
        Task<ChatResponse> next = client.GetResponseAsync("Hello");

        // Enough for a load that does not wait; one that waits does so however long this is.
        await Task.WhenAny(next, Task.Delay(TimeSpan.FromMilliseconds(500)));
        go.Set();
        Assert.NotNull((await next).FinishReason);
        await advance;

        Assert.Equal(["load", "unloaded", "load"], log);
    }

    [Fact]
    public async Task An_engine_that_cannot_be_disposed_is_told_of_and_ends_no_process()
    {
        // The timer's callback runs on a thread on which nobody catches anything.
        ManualTimeProvider time = new();
        LogList log = new();
        using ILoggerFactory loggers = LoggerFactory.Create(builder => builder.AddProvider(log));
        int disposals = 0;
        Gemma4Options options = new()
        {
            UnloadAfterIdle = TimeSpan.FromMinutes(1),
            EngineFactory = folder => new SlowlyDisposed(
                new ScriptedEngine(folder.VocabularySize, 64, tokens => tokens.Count % 2 == 0 ? 600 : 106),
                () =>
                {
                    if (++disposals == 1)
                    {
                        throw new InvalidOperationException("The engine stays.");
                    }
                }),
        };
        using Gemma4ChatClient client = new(options.UseNano(), loggers, time);
        await client.GetResponseAsync("Hello");

        time.Advance(TimeSpan.FromSeconds(61));

        Assert.Contains("could not be freed", Assert.Single(log.Warnings), StringComparison.Ordinal);
        Assert.False(client.GetStatistics().IsLoaded);
        Assert.NotNull((await client.GetResponseAsync("Hello")).FinishReason);
    }

    [Fact]
    public async Task A_damaged_tokenizer_is_a_fault_of_the_model_folder()
    {
        using TemporaryFolder folder = new();
        foreach (string file in Directory.EnumerateFiles(NanoModel.Directory))
        {
            File.Copy(file, Path.Combine(folder.Path, Path.GetFileName(file)));
        }

        folder.Write("tokenizer.json", "{");
        using Gemma4ChatClient client = new(new Gemma4Options { ModelPath = folder.Path });

        Gemma4ModelException error = await Assert.ThrowsAsync<Gemma4ModelException>(() => client.GetResponseAsync("Hello"));

        Assert.Contains("tokenizer.json", error.Message);
    }

    private static Gemma4ChatClient Create(TimeProvider time, Action onLoad, TimeSpan? unloadAfterIdle)
    {
        Gemma4Options options = new()
        {
            UnloadAfterIdle = unloadAfterIdle,
            EngineFactory = folder =>
            {
                onLoad();
                IGenerationEngine engine = new ScriptedEngine(folder.VocabularySize, 64, tokens => tokens.Count % 2 == 0 ? 600 : 106);
                return engine;
            },
        };
        return new Gemma4ChatClient(options.UseNano(), timeProvider: time);
    }

    private sealed class SlowlyDisposed(IGenerationEngine inner, Action onDispose) : IGenerationEngine
    {
        public int VocabularySize => inner.VocabularySize;

        public int MaxContextTokens => inner.MaxContextTokens;

        public IGenerationSession CreateSession() => inner.CreateSession();

        public void Dispose()
        {
            onDispose();
            inner.Dispose();
        }
    }
}
