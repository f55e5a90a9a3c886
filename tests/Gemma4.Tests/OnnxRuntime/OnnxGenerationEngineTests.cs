using System.Diagnostics;
using Gemma4.Generation;
using Gemma4.OnnxRuntime;
using Xunit;

namespace Gemma4.Tests.OnnxRuntime;

public sealed class OnnxGenerationEngineTests(TinyModel model) : IClassFixture<TinyModel>
{
    [Theory]
    [InlineData("len1", 512)]
    [InlineData("len7", 512)]
    [InlineData("len20", 512)]
    [InlineData("len40", 512)]
    [InlineData("len90", 512)]
    [InlineData("len40", 16)]
    [InlineData("len90", 7)]
    [InlineData("len90", 1)]
    public void Logits_and_greedy_ids_are_those_of_the_reference(string name, int chunk)
    {
        (int[] prompt, float[] expected, int[] greedy) = TinyModel.Case(name);
        using OnnxGenerationEngine engine = model.Load();
        using IGenerationSession session = engine.CreateSession();

        Append(session, prompt, chunk);

        for (int id = 0; id < expected.Length; id++)
        {
            Assert.Equal(expected[id], session.Logits[id], 2e-3f);
        }

        Assert.Equal(greedy, Greedy(session, greedy.Length));
        Assert.Equal(prompt.Length + greedy.Length, session.Length);
    }

    [Fact]
    public void A_cache_that_grew_gives_the_same_bits_as_one_that_was_large_from_the_start()
    {
        int[] prompt = TinyModel.Case("len90").Prompt;
        using OnnxGenerationEngine small = model.Load(initialCapacity: 4);
        using OnnxGenerationEngine large = model.Load();
        using IGenerationSession grown = small.CreateSession();
        using IGenerationSession roomy = large.CreateSession();

        for (int step = 0; step < 5; step++)
        {
            Append(grown, prompt, 13);
            Append(roomy, prompt, 13);
            Assert.Equal(roomy.Logits, grown.Logits);
        }

        Assert.Equal(Greedy(roomy, 62), Greedy(grown, 62));
        Assert.Equal(512, grown.Length);
    }

    [Fact]
    public void A_rewound_session_gives_the_same_bits_as_a_new_one()
    {
        int[] prompt = TinyModel.Case("len40").Prompt;
        using OnnxGenerationEngine engine = model.Load(initialCapacity: 16);
        using IGenerationSession rewound = engine.CreateSession();
        using IGenerationSession fresh = engine.CreateSession();
        rewound.Append(prompt.AsSpan(0, 20));
        Append(rewound, TinyModel.Case("len90").Prompt, 30);

        rewound.RewindTo(20);
        Assert.Throws<InvalidOperationException>(() => rewound.Logits.Length);
        rewound.Append(prompt.AsSpan(20));
        fresh.Append(prompt.AsSpan(0, 20));
        fresh.Append(prompt.AsSpan(20));

        Assert.Equal(fresh.Logits, rewound.Logits);
        Assert.Equal(Greedy(fresh, 10), Greedy(rewound, 10));
        Assert.Throws<ArgumentOutOfRangeException>(() => rewound.RewindTo(51));
        Assert.Throws<ArgumentOutOfRangeException>(() => rewound.RewindTo(-1));
    }

    [Fact]
    public void Refused_tokens_leave_the_session_as_it_was()
    {
        using OnnxGenerationEngine engine = model.Load();
        using IGenerationSession session = engine.CreateSession();
        Assert.Throws<InvalidOperationException>(() => session.Logits.Length);
        session.Append([2, 105]);
        float[] before = session.Logits.ToArray();

        Assert.Throws<ArgumentException>(() => session.Append([]));
        Assert.Contains("512", Assert.Throws<ArgumentException>(() => session.Append([2, 512])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => session.Append([-1]));
        string message = Assert.Throws<InvalidOperationException>(() => session.Append(new int[511])).Message;
        Assert.Throws<OperationCanceledException>(() => session.Append([2], new CancellationToken(canceled: true)));

        Assert.Contains("511 tokens do not fit: the session holds 2 of at most 512", message, StringComparison.Ordinal);
        Assert.Equal(2, session.Length);
        Assert.Equal(before, session.Logits);
    }

    [Fact]
    public void A_step_cancelled_half_way_leaves_the_session_as_it_was()
    {
        int[] chunk = [.. Enumerable.Range(0, 400).Select(index => 4 + (index * 7 % 500))];
        using OnnxGenerationEngine engine = model.Load();
        using IGenerationSession session = engine.CreateSession();
        using IGenerationSession untouched = engine.CreateSession();
        session.Append([2, 105]);
        untouched.Append([2, 105]);
        untouched.Append(chunk);
        float[] before = session.Logits.ToArray();
        int cancelled = 0;

        // When the other thread gets the processor nobody knows; on a busy machine many attempts come too early or too late.
        var patience = Stopwatch.StartNew();
        for (int attempt = 0; cancelled < 3 && patience.Elapsed < TimeSpan.FromMinutes(5); attempt++)
        {
            using var source = new CancellationTokenSource();
            using var started = new ManualResetEventSlim();
            var canceller = new Thread(() =>
            {
                started.Wait();
                Thread.SpinWait(attempt % 300 * 500);
                source.Cancel();
            });
            canceller.Start();
            started.Set();
            Exception? failure = Record.Exception(() => session.Append(chunk, source.Token));
            canceller.Join();
            if (failure is null)
            {
                session.RewindTo(0);
                session.Append([2, 105]);
                continue;
            }

            Assert.IsType<OperationCanceledException>(failure, exactMatch: false);
            cancelled += failure.InnerException is null ? 0 : 1;
            Assert.Equal(2, session.Length);
            Assert.Equal(before, session.Logits);
        }

        Assert.True(cancelled > 0, "no attempt was cancelled while the graph ran");
        session.Append(chunk);
        Assert.Equal(untouched.Logits, session.Logits);
    }

    [Fact]
    public async Task Sessions_on_several_threads_do_not_disturb_each_other()
    {
        (int[] prompt, _, int[] greedy) = TinyModel.Case("len20");
        using OnnxGenerationEngine engine = model.Load(initialCapacity: 8);

        int[][] answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Task.Run(() =>
        {
            using IGenerationSession session = engine.CreateSession();
            session.Append(prompt);
            return Greedy(session, greedy.Length);
        })));

        Assert.All(answers, answer => Assert.Equal(greedy, answer));
    }

    [Fact]
    public void All_sessions_share_one_budget()
    {
        long perToken;
        using (OnnxGenerationEngine unlimited = model.Load())
        {
            perToken = unlimited.CacheBytesPerToken;
            Assert.Equal(512, unlimited.MaxContextTokens);
        }

        using OnnxGenerationEngine engine = model.Load(16, options => options.KvCacheMemoryBudget = perToken * 40);
        Assert.Equal(40, engine.MaxContextTokens);
        IGenerationSession first = engine.CreateSession();
        using IGenerationSession second = engine.CreateSession();
        first.Append(new int[20]);
        second.Append([2]);

        string message = Assert.Throws<Gemma4CacheFullException>(() => second.Append(new int[25])).Message;
        Assert.Contains($"{perToken * 26} bytes", message, StringComparison.Ordinal);
        Assert.Equal(1, second.Length);

        first.Dispose();
        second.Append(new int[25]);
        Assert.Equal(26, second.Length);
    }

    [Fact]
    public void The_context_can_be_limited_by_option()
    {
        using OnnxGenerationEngine engine = model.Load(configure: options => options.MaxContextTokens = 30);

        Assert.Equal(30, engine.MaxContextTokens);
    }

    [Fact]
    public async Task A_disposed_engine_refuses_work_and_survives_sessions_that_are_running()
    {
        int[] prompt = TinyModel.Case("len90").Prompt;
        OnnxGenerationEngine engine = model.Load();
        IGenerationSession session = engine.CreateSession();
        using var running = new ManualResetEventSlim();
        Task worker = Task.Run(() =>
        {
            while (true)
            {
                session.Append(prompt);
                session.RewindTo(0);
                running.Set();
            }
        });
        running.Wait();

        engine.Dispose();
        engine.Dispose();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => worker);
        Assert.Throws<ObjectDisposedException>(engine.CreateSession);
        Assert.Throws<ObjectDisposedException>(() => session.Logits.Length);
        session.Dispose();
    }

    [Fact]
    public void A_model_can_be_loaded_again_and_twice_at_once()
    {
        (int[] prompt, _, int[] greedy) = TinyModel.Case("len7");
        model.Load().Dispose();
        using OnnxGenerationEngine one = model.Load();
        using OnnxGenerationEngine two = model.Load();
        using IGenerationSession first = one.CreateSession();
        using IGenerationSession second = two.CreateSession();
        first.Append(prompt);
        second.Append(prompt);

        Assert.Equal(greedy, Greedy(first, greedy.Length));
        Assert.Equal(greedy, Greedy(second, greedy.Length));
    }

    [Fact]
    public void A_token_allocates_less_than_half_a_kibibyte()
    {
        using OnnxGenerationEngine engine = model.Load();
        using IGenerationSession session = engine.CreateSession();
        using var source = new CancellationTokenSource();
        session.Append([2]);
        session.Append([3], source.Token);
        long before = GC.GetAllocatedBytesForCurrentThread();

        for (int step = 0; step < 100; step++)
        {
            session.Append([4], source.Token);
        }

        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / 100, 0, 512);
    }

    private static void Append(IGenerationSession session, ReadOnlySpan<int> tokens, int chunk)
    {
        for (int start = 0; start < tokens.Length; start += chunk)
        {
            session.Append(tokens[start..Math.Min(start + chunk, tokens.Length)]);
        }
    }

    private static int[] Greedy(IGenerationSession session, int count)
    {
        int[] ids = new int[count];
        for (int step = 0; step < count; step++)
        {
            ReadOnlySpan<float> logits = session.Logits;
            for (int id = 1; id < logits.Length; id++)
            {
                ids[step] = logits[id] > logits[ids[step]] ? id : ids[step];
            }

            session.Append([ids[step]]);
        }

        return ids;
    }
}
