using System.Diagnostics;
using Gemma4.Generation;
using Gemma4.Models;
using Gemma4.OnnxRuntime;
using Xunit;

namespace Gemma4.Tests.OnnxRuntime;

/// <summary>Steps of several sessions give what steps of each give, however sessions come, go, grow and fail.</summary>
public sealed class BatchTests(SharedCacheModels models) : IClassFixture<SharedCacheModels>
{
    // The same tokens in other chunks: rounding through all layers, at logits of up to 30.
    private const float Tolerance = 5e-4f;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Any_order_of_steps_joins_leaves_rewinds_and_forks_gives_the_logits_of_each_alone(int seed) =>
        RunAnyOrder("e2b", seed);

    [SharedTheory]
    [InlineData("e4b", 10)]
    [InlineData("12b", 11)]
    [InlineData("31b", 12)]
    [InlineData("26b-a4b", 13)]
    [InlineData("26b-a4b", 14)]
    public void The_other_sizes_batch_as_well(string size, int seed) => RunAnyOrder(size, seed);

    [Fact]
    public void Eight_bit_weights_batch_within_their_tolerance()
    {
        string nano = Path.Combine(TestData.Root, "src", "Gemma4.Nano", "model");
        using var engine = OnnxGenerationEngine.Load(Gemma4ModelFolder.Open(nano), new OnnxRuntimeOptions { IntraOpThreads = 1 });
        int[] tokens = [2, .. Enumerable.Range(300, 40)];
        IGenerationSession[] sessions = [.. Enumerable.Range(0, 3).Select(_ => engine.CreateSession())];
        IGenerationSession[] alone = [.. Enumerable.Range(0, 3).Select(_ => engine.CreateSession())];
        for (int index = 0; index < 3; index++)
        {
            sessions[index].Append(tokens.AsSpan(0, 5 + (10 * index)));
            alone[index].Append(tokens.AsSpan(0, 5 + (10 * index)));
        }

        for (int step = 0; step < 5; step++)
        {
            engine.AppendEach(sessions, [400 + step, 500 + step, 600 + step]);
            for (int index = 0; index < 3; index++)
            {
                alone[index].Append([400 + (100 * index) + step]);
                for (int id = 0; id < engine.VocabularySize; id++)
                {
                    Assert.Equal(alone[index].Logits[id], sessions[index].Logits[id], 0.05f);
                }
            }
        }
    }

    [Fact]
    public void Only_graphs_from_ids_that_write_in_place_step_several_sessions()
    {
        using var layouts = new LayoutModels();
        using OnnxGenerationEngine text = layouts.Load("text");
        using OnnxGenerationEngine split = layouts.Load("multi-model");
        using OnnxGenerationEngine growing = layouts.Load("text, traced");

        Assert.Equal(8, text.MaxBatchSize);
        Assert.Equal(1, split.MaxBatchSize);
        Assert.Equal(1, growing.MaxBatchSize);
        foreach (OnnxGenerationEngine single in new[] { split, growing })
        {
            using IGenerationSession first = single.CreateSession();
            using IGenerationSession second = single.CreateSession();
            single.AppendEach([first], [5]);
            Assert.Equal(1, first.Length);
            Assert.Equal(512, first.Logits.Length);
            Assert.Contains("1 up to 1 sessions", Assert.Throws<ArgumentException>(() => single.AppendEach([first, second], [5, 6])).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Memory_of_sessions_side_by_side_is_counted_and_given_back()
    {
        using OnnxGenerationEngine engine = models.Load("e2b");
        IGenerationSession[] sessions = [.. Enumerable.Range(0, 3).Select(_ => engine.CreateSession())];
        Array.ForEach(sessions, session => session.Append([2, 3, 4]));
        Assert.Equal(3 * 4 * engine.CacheBytesPerToken, engine.CacheBytesTaken);

        engine.AppendEach(sessions, [5, 6, 7]);

        // The rows are in the common buffer, of 4 tokens for each of three, and nowhere else.
        Assert.Equal(3 * 4 * engine.CacheBytesPerToken, engine.CacheBytesTaken);
        Assert.Equal(4 * engine.CacheBytesPerToken, ((IForkableSession)sessions[0]).CacheBytes);
        sessions[0].Dispose();
        sessions[1].Append([8, 9, 10, 11, 12]);
        sessions[1].Dispose();
        Assert.InRange(engine.CacheBytesTaken, engine.CacheBytesPerToken, 3 * 4 * engine.CacheBytesPerToken);
        sessions[2].Dispose();
        Assert.Equal(0, engine.CacheBytesTaken);
    }

    [Fact]
    public void Without_room_side_by_side_the_step_is_refused_and_each_session_goes_on_alone()
    {
        using OnnxGenerationEngine reference = models.Load("e2b");
        using OnnxGenerationEngine engine = models.Load("e2b", configure: options => options.KvCacheMemoryBudget = reference.CacheBytesPerToken * 40);
        TrackedSession[] all = [.. Enumerable.Range(0, 2).Select(_ => new TrackedSession(engine.CreateSession(), []))];
        Array.ForEach(all, each => each.Append([.. Enumerable.Range(10, 15)]));
        float[] before = all[1].Session.Logits.ToArray();
        IGenerationSession[] sessions = [.. all.Select(each => each.Session)];

        string message = Assert.Throws<Gemma4CacheFullException>(() => engine.AppendEach(sessions, [5, 6])).Message;

        Assert.Contains("2 sessions of up to 16 tokens side by side", message, StringComparison.Ordinal);
        Assert.Equal(before, all[1].Session.Logits);
        for (int index = 0; index < 2; index++)
        {
            all[index].Append([5 + index]);
            all[index].AssertLogits(reference, Tolerance);
        }
    }

    [Fact]
    public void Empty_slots_make_room_for_a_session_that_needs_it()
    {
        using OnnxGenerationEngine reference = models.Load("e2b");
        using OnnxGenerationEngine engine = models.Load("e2b", configure: options => options.KvCacheMemoryBudget = reference.CacheBytesPerToken * 40);
        TrackedSession[] all = [.. Enumerable.Range(0, 4).Select(_ => new TrackedSession(engine.CreateSession(), []))];
        engine.AppendEach(all.Select(each => each.Session).ToArray(), [5, 6, 7, 8]);
        for (int index = 0; index < 4; index++)
        {
            all[index].Tokens.Add(5 + index);
        }

        long withSlots = engine.CacheBytesTaken;
        Array.ForEach(all[..3], each => each.Session.Dispose());
        Assert.Equal(withSlots, engine.CacheBytesTaken);
        var late = new TrackedSession(engine.CreateSession(), []);

        late.Append([.. Enumerable.Range(20, 30)]);

        late.AssertLogits(reference, Tolerance);
        all[3].Append([9]);
        all[3].AssertLogits(reference, Tolerance);
        using IGenerationSession fork = ((IForkableSession)all[3].Session).Fork(2);
        Assert.Throws<Gemma4CacheFullException>(() => ((IForkableSession)late.Session).Fork(30));
        late.AssertLogits(reference, Tolerance);
    }

    [Fact]
    public void A_cancelled_step_leaves_every_session_as_it_was()
    {
        using OnnxGenerationEngine reference = models.Load("e2b");
        using OnnxGenerationEngine engine = models.Load("e2b");
        TrackedSession[] all = [.. Enumerable.Range(0, 4).Select(index => new TrackedSession(engine.CreateSession(), []))];
        Array.ForEach(all, each => each.Append([2, 105]));
        IGenerationSession[] sessions = [.. all.Select(each => each.Session)];
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
                Thread.SpinWait(attempt % 400 * 10);
                source.Cancel();
            });
            canceller.Start();
            started.Set();
            Exception? failure = Record.Exception(() => engine.AppendEach(sessions, [5, 6, 7, 8], source.Token));
            canceller.Join();
            if (failure is null)
            {
                for (int index = 0; index < all.Length; index++)
                {
                    all[index].Tokens.Add(5 + index);
                    all[index].RewindTo(1);
                    all[index].Append([105]);
                }

                continue;
            }

            Assert.IsType<OperationCanceledException>(failure, exactMatch: false);
            cancelled += failure.InnerException is null ? 0 : 1;
            Assert.All(all, each => each.AssertLogits(reference, Tolerance));
        }

        Assert.True(cancelled > 0, "no attempt was cancelled while the graph ran");
        engine.AppendEach(sessions, [5, 6, 7, 8]);
        Assert.All(sessions, session => Assert.Equal(3, session.Length));
    }

    [Fact]
    public async Task Steps_forks_and_single_appends_on_several_threads_do_not_disturb_each_other()
    {
        using OnnxGenerationEngine engine = models.Load("e2b");
        using OnnxGenerationEngine reference = models.Load("e2b");
        TrackedSession[] all = [.. Enumerable.Range(0, 6).Select(index => new TrackedSession(engine.CreateSession(), []))];
        for (int index = 0; index < all.Length; index++)
        {
            all[index].Append([.. Enumerable.Range(10 * (index + 1), 3 + index)]);
        }

        // Two groups in turns, so that they move in and out; a third thread steps and forks sessions of both groups' arenas.
        Task first = Task.Run(() => StepTogether(engine, all[..3], 40));
        Task second = Task.Run(() => StepTogether(engine, all[3..5], 40));
        Task third = Task.Run(() =>
        {
            for (int step = 0; step < 40; step++)
            {
                all[5].Append([30 + step]);
                using IGenerationSession fork = ((IForkableSession)all[step % 5].Session).Fork(2);
                fork.Append([7, 8, 9]);
            }
        });
        await Task.WhenAll(first, second, third);

        Assert.All(all, each => each.AssertLogits(reference, Tolerance));
    }

    [Fact]
    public async Task Disposing_the_engine_waits_for_the_step_under_way()
    {
        OnnxGenerationEngine engine = models.Load("e2b");
        IGenerationSession[] sessions = [.. Enumerable.Range(0, 4).Select(_ => engine.CreateSession())];
        using var running = new ManualResetEventSlim();
        Task worker = Task.Run(() =>
        {
            while (true)
            {
                engine.AppendEach(sessions, [5, 6, 7, 8]);
                running.Set();
            }
        });
        running.Wait();

        engine.Dispose();

        Exception? failure = await Record.ExceptionAsync(() => worker);
        Assert.True(failure is ObjectDisposedException or InvalidOperationException, $"{failure}");
        Assert.Throws<ObjectDisposedException>(() => engine.AppendEach(sessions, [5, 6, 7, 8]));
        Assert.Equal(0, engine.CacheBytesTaken);
    }

    private static void StepTogether(OnnxGenerationEngine engine, TrackedSession[] group, int steps)
    {
        IGenerationSession[] sessions = [.. group.Select(each => each.Session)];
        for (int step = 0; step < steps; step++)
        {
            int[] tokens = [.. group.Select((_, index) => 20 + (step * 3) + index)];
            engine.AppendEach(sessions, tokens);
            for (int index = 0; index < group.Length; index++)
            {
                group[index].Tokens.Add(tokens[index]);
            }
        }
    }

    private void RunAnyOrder(string size, int seed)
    {
        using OnnxGenerationEngine engine = models.Load(size);
        using OnnxGenerationEngine reference = models.Load(size);
        new SessionWalk(engine, reference, seed, longestChunk: 20).Run(steps: 60, Tolerance);
        Assert.Equal(0, engine.CacheBytesTaken);
    }
}
