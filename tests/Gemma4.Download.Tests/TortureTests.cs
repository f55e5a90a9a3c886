using System.Collections.Concurrent;
using Gemma4.Models.Download;
using Xunit;
using Xunit.Abstractions;

namespace Gemma4.Download.Tests;

public class TortureTests(ITestOutputHelper output)
{
    private static readonly HubFault[] Faults = [.. Enum.GetValues<HubFault>().Where(fault => fault is not (HubFault.None or HubFault.Hang))];

    [Fact]
    public async Task Whatever_goes_wrong_the_end_is_an_exact_folder_or_an_error_that_the_next_pull_recovers_from()
    {
        SortedDictionary<HubFault, int> injected = [];
        SortedDictionary<string, int> ends = new(StringComparer.Ordinal);
        for (int seed = 0; seed < 60; seed++)
        {
            await RunAsync(seed, injected, ends);
        }

        foreach ((HubFault fault, int count) in injected)
        {
            output.WriteLine($"{fault,-22} {count,6}");
        }

        foreach ((string end, int count) in ends)
        {
            output.WriteLine($"{end,-22} {count,6}");
        }

        // Every kind of fault and every kind of end must have happened, or the torture was none.
        Assert.Equal(Faults, injected.Keys);
        Assert.Equal(["cancelled", "error", "exact"], ends.Keys);
    }

    private static async Task RunAsync(int seed, SortedDictionary<HubFault, int> injected, SortedDictionary<string, int> ends)
    {
        await using DownloadSetup setup = await DownloadSetup.StartAsync();
        Random random = new(seed);
        setup.Server.Files["genai_config.json"] = HubServer.Bytes(random.Next(1, 900), seed);
        for (int file = 0; file < 8; file++)
        {
            setup.Server.Files[$"file{file}.onnx"] = HubServer.Bytes(random.Next(4) == 0 ? random.Next(3) : random.Next(150_000), (seed * 100) + file);
        }

        int calm = random.Next(1, 5);
        string? cursed = random.Next(3) == 0 ? "file1.onnx" : null;
        ConcurrentBag<HubFault> seen = [];
        CancellationTokenSource stop = new();
        int untilStop = 0;
        setup.Server.Fault = request =>
        {
            lock (random)
            {
                if (--untilStop == 0)
                {
                    stop.Cancel();
                }

                HubFault fault = request.File == cursed ? HubFault.Corrupt
                    : random.Next(calm + 1) == 0 ? HubFault.None
                    : Faults[random.Next(Faults.Length)];
                if (fault is not HubFault.None)
                {
                    seen.Add(fault);
                }

                return fault;
            }
        };

        bool exact = false;
        for (int round = 0; round < 4 && !exact; round++)
        {
            stop = new CancellationTokenSource();
            untilStop = random.Next(2) == 0 ? random.Next(1, 12) : int.MaxValue;
            string end;
            try
            {
                setup.AssertExact(await setup.PullAsync(stop.Token));
                end = "exact";
                exact = true;
            }
            catch (Gemma4DownloadException error)
            {
                Assert.NotEmpty(error.Message);
                end = "error";
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                end = "cancelled";
            }

            ends[end] = ends.GetValueOrDefault(end) + 1;
            stop.Dispose();
            if (!exact)
            {
                Assert.Empty(Directory.EnumerateFiles(setup.Folder, ModelManifest.FileName, SearchOption.AllDirectories));
                Damage(setup, random);
            }
        }

        // The line is good again: what is left must lead to the exact folder, whatever state it is in.
        setup.Server.Fault = _ => HubFault.None;
        setup.AssertExact(await setup.PullAsync());
        Assert.Empty(setup.Partials());
        foreach (HubFault fault in seen)
        {
            injected[fault] = injected.GetValueOrDefault(fault) + 1;
        }
    }

    /// <summary>What a killed process or a lost power supply leaves: tails of zeros, lost or broken journals.</summary>
    private static void Damage(DownloadSetup setup, Random random)
    {
        foreach (string path in Directory.EnumerateFiles(setup.Cache, "*", SearchOption.AllDirectories).ToArray())
        {
            if (random.Next(3) != 0)
            {
                continue;
            }

            using FileStream stream = new(path, FileMode.Open, FileAccess.ReadWrite);
            long tail = random.NextInt64(stream.Length + 1);
            switch (random.Next(3))
            {
                case 0:
                    stream.SetLength(tail);
                    break;
                case 1:
                    stream.Seek(tail, SeekOrigin.Begin);
                    stream.Write(new byte[stream.Length - tail]);
                    break;
                default:
                    stream.SetLength(stream.Length + random.Next(1, 100));
                    break;
            }
        }
    }
}
