using Gemma4.Generation;
using Gemma4.Nano;
using Gemma4.Testing;
using Gemma4.Tests.Models;
using Microsoft.Extensions.AI;
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
}
