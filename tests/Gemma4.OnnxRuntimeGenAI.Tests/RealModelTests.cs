using System.Runtime.InteropServices;
using System.Text.Json;
using Gemma4.Generation;
using Gemma4.ModelBuilder;
using Gemma4.Models;
using Microsoft.Extensions.AI;
using Xunit;

namespace Gemma4.OnnxRuntimeGenAI.Tests;

/// <summary>The real library on real graphs: the tiny E2B checkpoint against its reference, and the nano model in chats.</summary>
public sealed class RealModelTests(ModelCopy nano) : IClassFixture<ModelCopy>
{
    private static readonly ChatOptions Short = new() { MaxOutputTokens = 16, Temperature = 0 };

    [RealFact]
    public async Task Logits_and_greedy_tokens_are_those_of_the_reference()
    {
        var folder = Directory.CreateTempSubdirectory("gemma4-tiny-").FullName;
        try
        {
            var path = Path.Combine(folder, "e2b");
            await Gemma4ModelBuilder.BuildAsync(TestData.Path("tiny", "e2b"), path, new() { KeyValues = KeyValueCache.Full });
            using var engine = NativeGenerationEngine.Load(Gemma4ModelFolder.Open(path), OneThread());
            using var document = JsonDocument.Parse(await File.ReadAllBytesAsync(TestData.Path("tiny", "e2b", "reference.json")));
            foreach (var item in document.RootElement.GetProperty("cases").EnumerateArray())
            {
                using var session = engine.CreateSession();
                session.Append(Ids(item.GetProperty("prompt")));
                var expected = MemoryMarshal.Cast<byte, float>(item.GetProperty("logits_last").GetProperty("base64").GetBytesFromBase64()).ToArray();
                var difference = expected.Zip(session.Logits.ToArray(), (left, right) => Math.Abs(left - right)).Max();

                Assert.True(difference < 1e-3, $"{item.GetProperty("name").GetString()}: logits differ by {difference}");
                Assert.Equal(Ids(item.GetProperty("greedy")), Greedy(session, item.GetProperty("greedy").GetArrayLength()));
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [RealFact]
    public void A_model_is_loaded_disposed_and_loaded_again_with_the_same_answers()
    {
        int[][] answers = [.. Enumerable.Range(0, 3).Select(_ =>
        {
            using var engine = NativeGenerationEngine.Load(nano.Folder, OneThread());
            using var session = engine.CreateSession();
            session.Append([2, 105, 20, 21, 22]);
            return Greedy(session, 8);
        })];

        Assert.Equal(answers[0], answers[1]);
        Assert.Equal(answers[0], answers[2]);
    }

    [RealFact]
    public void Two_models_run_in_one_process()
    {
        using var first = NativeGenerationEngine.Load(nano.Folder, OneThread());
        using var second = NativeGenerationEngine.Load(nano.Folder, OneThread());
        using var left = first.CreateSession();
        using var right = second.CreateSession();
        left.Append([2, 105, 20, 21, 22]);
        right.Append([2, 105, 20, 21, 22]);

        Assert.Equal(left.Logits.ToArray(), right.Logits.ToArray());
    }

    [RealFact]
    public async Task Eight_chats_at_once_say_what_each_says_alone()
    {
        using var client = Client();
        string[] questions = ["Hello", "Who are you?", "What is the capital of Italy?", "Hi", "What is 2 plus 2?", "Good morning", "Thanks", "Bye"];
        var alone = new string[questions.Length];
        for (var i = 0; i < alone.Length; i++)
        {
            alone[i] = (await client.GetResponseAsync(questions[i], Short)).Text;
        }

        Assert.Equal(alone, await Task.WhenAll(questions.Select(async question => (await client.GetResponseAsync(question, Short)).Text)));
    }

    [RealFact]
    public void A_prefill_is_cancelled_and_the_session_goes_on()
    {
        int[] chunk = [.. Enumerable.Range(0, 3000).Select(index => 4 + (index * 7 % 500))];
        using var engine = NativeGenerationEngine.Load(nano.Folder, OneThread());
        using var session = engine.CreateSession();
        using var untouched = engine.CreateSession();
        session.Append([2, 105]);
        untouched.Append([2, 105]);
        using CancellationTokenSource source = new();
        Thread canceller = new(() =>
        {
            SpinWait.SpinUntil(() => ((NativeGenerationSession)session).IsRunning);
            Thread.SpinWait(100_000);
            source.Cancel();
        });

        canceller.Start();
        Assert.ThrowsAny<OperationCanceledException>(() => session.Append(chunk, source.Token));
        canceller.Join();
        Assert.Equal(2, session.Length);
        session.Append([20, 21]);
        untouched.Append([20, 21]);
        Assert.Equal(untouched.Logits.ToArray(), session.Logits.ToArray());
    }

    [RealFact]
    public async Task A_chat_is_cancelled_while_it_decodes_and_the_client_goes_on()
    {
        using var client = Client();
        var expected = (await client.GetResponseAsync("Who are you?", Short)).Text;
        using CancellationTokenSource source = new();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var _ in client.GetStreamingResponseAsync("Who are you?", Short, source.Token))
            {
                await source.CancelAsync();
            }
        });

        Assert.Equal(expected, (await client.GetResponseAsync("Who are you?", Short)).Text);
    }

    internal static OnnxRuntimeGenAIOptions OneThread() => new()
    {
        ConfigOverlay = """{"model":{"decoder":{"session_options":{"intra_op_num_threads":1}}}}""",
    };

    private Gemma4ChatClient Client() => new(new Gemma4Options { ModelPath = nano.Path }
        .UseOnnxRuntimeGenAI(options => options.ConfigOverlay = OneThread().ConfigOverlay));

    private static int[] Greedy(IGenerationSession session, int count)
    {
        var ids = new int[count];
        for (var i = 0; i < count; i++)
        {
            ids[i] = session.Logits.ToArray().Select((logit, id) => (logit, id)).MaxBy(entry => entry.logit).id;
            session.Append([ids[i]]);
        }

        return ids;
    }

    private static int[] Ids(JsonElement array) => [.. array.EnumerateArray().Select(id => id.GetInt32())];
}
