using Gemma4.ModelBuilder;
using Gemma4.Tests.Models;
using Xunit;

namespace Gemma4.Tests.Generation;

public class SoakTests
{
    [Fact]
    public async Task A_few_hundred_chats_side_by_side_leave_nothing_behind()
    {
        SoakRun run = new(chats: 300, callers: 4, seed: 7);

        await LeavesNothingAsync(run);
    }

    [SharedFact]
    public async Task Nor_do_they_over_windows_and_caches_of_8_bits()
    {
        using TemporaryFolder folder = new();
        await Gemma4ModelBuilder.BuildAsync(
            Path.Combine(TestData.Shared!, "nano"), folder.Path,
            new() { Overwrite = true, KeyValues = KeyValueCache.Windowed, KeyValuePrecision = ModelPrecision.Int8 });
        SoakRun run = new(chats: 300, callers: 4, seed: 8, folder.Path);

        await LeavesNothingAsync(run);

        Assert.InRange(run.AcceptedGuesses, 1, long.MaxValue);
    }

    private static async Task LeavesNothingAsync(SoakRun run)
    {
        await run.RunAsync();

        Assert.Empty(run.Different);
        Assert.True(run is { Answered: > 150, Cancelled: > 20, Refused: > 10 }, $"{run.Answered}, {run.Cancelled}, {run.Refused}");
        Assert.Equal((0, 0), (run.AtEnd.RunningRequests, run.AtEnd.QueuedRequests));
        Assert.InRange(run.AtEnd.PrefixCache.Sessions, 1, 8);
    }
}
