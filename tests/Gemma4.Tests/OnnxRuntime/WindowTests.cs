using System.Diagnostics;
using Gemma4.Generation;
using Gemma4.ModelBuilder;
using Gemma4.Models;
using Gemma4.OnnxRuntime;
using Gemma4.Tests.Models;
using Xunit;

namespace Gemma4.Tests.OnnxRuntime;

/// <summary>Graphs whose sliding layers keep a window give what graphs with full caches give, however far a session goes on and back.</summary>
public sealed class WindowTests(SharedCacheModels models) : IClassFixture<SharedCacheModels>
{
    private const int Window = 16;

    // So little that a sequence of a hundred tokens slides many times.
    private const int Slack = 16;

    // The same tokens in other chunks: rounding that full caches show too, up to 8e-4 when one token at a time is compared
    // with a single chunk.
    private const float ChunkTolerance = 2e-3f;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Any_order_of_appends_steps_rewinds_and_forks_gives_the_logits_of_full_caches(int seed) => Walk("e2b", seed);

    [SharedTheory]
    [InlineData("e4b", 20)]
    [InlineData("e4b", 21)]
    [InlineData("12b", 22)]
    [InlineData("31b", 25)]
    [InlineData("26b-a4b", 24)]
    public void The_other_sizes_as_well(string size, int seed) => Walk(size, seed);

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(16)]
    public void The_same_chunks_give_the_bits_of_full_caches_past_many_windows(int chunk)
    {
        using OnnxGenerationEngine windowed = models.Load("e2b", windowed: true, Slack);
        using OnnxGenerationEngine full = models.Load("e2b");
        using IGenerationSession session = windowed.CreateSession();
        using IGenerationSession expected = full.CreateSession();
        int[] tokens = Tokens(seed: 7, 20 * Window);
        for (int start = 0; start + chunk <= tokens.Length; start += chunk)
        {
            session.Append(tokens.AsSpan(start, chunk));
            expected.Append(tokens.AsSpan(start, chunk));
            Assert.Equal(expected.Logits, session.Logits);
        }
    }

    [Fact]
    public async Task A_window_of_one_token_less_would_be_seen()
    {
        using var folder = new TemporaryFolder();
        string source = Path.Combine(folder.Path, "source");
        Directory.CreateDirectory(source);
        foreach (string file in Directory.GetFiles(TestData.Path("tiny", "e2b")))
        {
            File.Copy(file, Path.Combine(source, Path.GetFileName(file)));
        }

        string config = Path.Combine(source, "config.json");
        string text = await File.ReadAllTextAsync(config);
        Assert.Contains("\"sliding_window\": 16", text, StringComparison.Ordinal);
        await File.WriteAllTextAsync(config, text.Replace("\"sliding_window\": 16", "\"sliding_window\": 15", StringComparison.Ordinal));
        await Gemma4ModelBuilder.BuildAsync(source, Path.Combine(folder.Path, "built"));
        using OnnxGenerationEngine less = LayoutModels.LoadFolder(Path.Combine(folder.Path, "built"));
        using OnnxGenerationEngine full = models.Load("e2b");
        using IGenerationSession session = less.CreateSession();
        using IGenerationSession expected = full.CreateSession();
        session.Append(Tokens(seed: 1, 100));
        expected.Append(Tokens(seed: 1, 100));

        float largest = 0;
        for (int id = 0; id < expected.Logits.Length; id++)
        {
            largest = Math.Max(largest, Math.Abs(expected.Logits[id] - session.Logits[id]));
        }

        Assert.InRange(largest, 10 * ChunkTolerance, 60);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_rewind_within_the_room_gives_the_bits_of_a_new_session(bool rounded)
    {
        using OnnxGenerationEngine windowed = models.Load("e2b", windowed: true, Slack, rounded: rounded);
        using IGenerationSession rewound = windowed.CreateSession();
        using IGenerationSession fresh = windowed.CreateSession();
        int[] tokens = Tokens(seed: 11, 130);
        for (int start = 0; start < 110; start += 10)
        {
            rewound.Append(tokens.AsSpan(start, 10));
            if (start < 100)
            {
                fresh.Append(tokens.AsSpan(start, 10));
            }
        }

        Assert.InRange(((IForkableSession)rewound).EarliestRewind, 1, 100);
        using IGenerationSession fork = ((IForkableSession)rewound).Fork(100);
        rewound.RewindTo(100);
        foreach (IGenerationSession session in new[] { fresh, rewound, fork })
        {
            session.Append(tokens.AsSpan(110, 7));
            session.Append(tokens.AsSpan(117, 1));
            Assert.Equal(fresh.Logits, session.Logits);
        }
    }

    [Fact]
    public void A_chunk_longer_than_the_room_is_run_in_parts()
    {
        using OnnxGenerationEngine windowed = models.Load("e2b", windowed: true, Slack);
        using OnnxGenerationEngine full = models.Load("e2b");
        var session = new TrackedSession(windowed.CreateSession(), []);

        session.Append(Tokens(seed: 8, 100));
        session.AssertLogits(full, ChunkTolerance);
        session.Append(Tokens(seed: 9, 99));
        session.AssertLogits(full, ChunkTolerance);
    }

    [Fact]
    public void Windowed_caches_stop_growing_and_the_budget_knows_it()
    {
        using OnnxGenerationEngine windowed = models.Load("e2b", windowed: true, Slack);
        using OnnxGenerationEngine full = models.Load("e2b");
        Assert.Equal(full.CacheBytesPerToken, windowed.CacheBytesPerToken);

        // Past the window only the full layer grows: a head of 32 keys and 32 values.
        const int FullLayer = 2 * 32 * sizeof(float);
        Assert.Equal(100 * FullLayer, windowed.CacheBytes(200) - windowed.CacheBytes(100));
        Assert.InRange(windowed.CacheBytes(200), 1, full.CacheBytes(200) / 2);

        using OnnxGenerationEngine tight = models.Load(
            "e2b", windowed: true, Slack, options => options.KvCacheMemoryBudget = windowed.CacheBytes(200));
        Assert.Equal(200, tight.MaxContextTokens);
        using IGenerationSession session = tight.CreateSession();
        session.Append(Tokens(seed: 3, 200));
        Assert.Equal(windowed.CacheBytes(200), ((IForkableSession)session).CacheBytes);
        Assert.Equal(windowed.CacheBytes(200), tight.CacheBytesTaken);
    }

    [Fact]
    public void The_memory_plan_knows_windows_too()
    {
        using OnnxGenerationEngine windowed = models.Load("e2b", windowed: true);
        ModelMemoryPlan plan = ModelMemoryPlan.Read(Gemma4ModelFolder.Open(models.Path("e2b", windowed: true)));
        ModelMemoryPlan full = ModelMemoryPlan.Read(Gemma4ModelFolder.Open(models.Path("e2b", windowed: false)));

        Assert.Equal(windowed.CacheBytes(2000), plan.WindowCacheBytes + (2000 * plan.CacheBytesPerToken));
        Assert.Equal(0, full.WindowCacheBytes);
        Assert.Equal(windowed.CacheBytesPerToken, full.CacheBytesPerToken);
    }

    [Fact]
    public void A_rewind_within_the_room_runs_nothing_again_and_one_beyond_it_gives_the_same_answers()
    {
        using OnnxGenerationEngine windowed = models.Load("e2b", windowed: true, Slack);
        using OnnxGenerationEngine full = models.Load("e2b");
        var session = new TrackedSession(windowed.CreateSession(), []);
        session.Append(Tokens(seed: 1, 120));
        var forkable = (IForkableSession)session.Session;
        int earliest = forkable.EarliestRewind;
        Assert.InRange(earliest, 120 - (2 * Slack), 120 - (Slack / 2));

        session.RewindTo(earliest);
        Assert.Equal(earliest, forkable.EarliestRewind);
        session.Append([7, 8, 9]);
        session.AssertLogits(full, ChunkTolerance);

        session.RewindTo(earliest - 1);
        Assert.Equal(earliest - 1, forkable.EarliestRewind);
        using (IGenerationSession copy = forkable.Fork(earliest - 1))
        {
            var fork = new TrackedSession(copy, [.. session.Tokens]);
            fork.Append([10, 11]);
            fork.AssertLogits(full, ChunkTolerance);
        }

        session.RewindTo(earliest - 3);
        session.Append([12]);
        session.AssertLogits(full, ChunkTolerance);
        session.RewindTo(0);
        Assert.Equal(0, forkable.EarliestRewind);
        session.Append(Tokens(seed: 2, 5));
        session.AssertLogits(full, ChunkTolerance);
    }

    [Fact]
    public void An_append_that_fails_after_the_window_has_moved_on_leaves_the_session_as_it_was()
    {
        using OnnxGenerationEngine windowed = models.Load("e2b", windowed: true, Slack);
        using OnnxGenerationEngine full = models.Load("e2b");
        var session = new TrackedSession(windowed.CreateSession(), []);
        session.Append(Tokens(seed: 4, 60));
        float[] before = session.Session.Logits.ToArray();
        int[] chunk = Tokens(seed: 5, 300);
        int cancelled = 0;

        // When the other thread gets the processor nobody knows; on a busy machine many attempts come too early or too late.
        var patience = Stopwatch.StartNew();
        for (int attempt = 0; cancelled < 5 && patience.Elapsed < TimeSpan.FromMinutes(5); attempt++)
        {
            using var source = new CancellationTokenSource();
            using var started = new ManualResetEventSlim();
            var canceller = new Thread(() =>
            {
                started.Wait();
                Thread.SpinWait(attempt % 300 * 2000);
                source.Cancel();
            });
            canceller.Start();
            started.Set();
            Exception? failure = Record.Exception(() => session.Session.Append(chunk, source.Token));
            canceller.Join();
            if (failure is null)
            {
                session.Session.RewindTo(0);
                session.Session.Append(session.Tokens.ToArray());
                before = session.Session.Logits.ToArray();
                continue;
            }

            Assert.IsType<OperationCanceledException>(failure, exactMatch: false);
            cancelled += failure.InnerException is null ? 0 : 1;
            Assert.Equal(60, session.Session.Length);
            Assert.Equal(before, session.Session.Logits);
            using IGenerationSession copy = ((IForkableSession)session.Session).Fork(60);
            var fork = new TrackedSession(copy, [.. session.Tokens]);
            fork.Append([6]);
            fork.AssertLogits(full, ChunkTolerance);
        }

        Assert.True(cancelled > 0, "no attempt was cancelled while the graph ran");
        session.Append([6]);
        session.AssertLogits(full, ChunkTolerance);
    }

    [Fact]
    public void Several_positions_are_scored_past_the_window_too()
    {
        using OnnxGenerationEngine windowed = models.Load("e2b", windowed: true, Slack);
        using OnnxGenerationEngine full = models.Load("e2b");
        using IGenerationSession session = windowed.CreateSession();
        var draft = (IDraftSession)session;
        int[] tokens = Tokens(seed: 6, 80);
        session.Append(tokens.AsSpan(0, 60));
        draft.Append(tokens.AsSpan(60, 20), 8);
        for (int row = 0; row < 8; row++)
        {
            using IGenerationSession once = full.CreateSession();
            once.Append(tokens.AsSpan(0, 73 + row));
            AssertNear(once.Logits, draft.LogitsOf(row), ChunkTolerance);
        }

        string message = Assert.Throws<ArgumentOutOfRangeException>(() => draft.Append(tokens.AsSpan(0, 20), 17)).Message;
        Assert.Contains("a step scores at most 16", message, StringComparison.Ordinal);
        Assert.Equal(80, session.Length);
        Assert.IsNotType<IDraftSession>(full.CreateSession(), exactMatch: false);
    }

    private void Walk(string size, int seed)
    {
        using OnnxGenerationEngine engine = models.Load(size, windowed: true, Slack);
        using OnnxGenerationEngine reference = models.Load(size);
        var walk = new SessionWalk(engine, reference, seed, longestChunk: 40);

        walk.Run(steps: 150, ChunkTolerance);

        Assert.True(walk.Longest > 6 * Window, $"the longest sequence had only {walk.Longest} tokens");
        Assert.True(walk.FarRewinds > 0, "no rewind went back beyond the window");
        Assert.Equal(0, engine.CacheBytesTaken);
    }

    private static int[] Tokens(int seed, int count)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => random.Next(4, 500))];
    }

    private static void AssertNear(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, float tolerance)
    {
        for (int id = 0; id < expected.Length; id++)
        {
            Assert.Equal(expected[id], actual[id], tolerance);
        }
    }
}
