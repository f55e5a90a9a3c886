using Xunit;

namespace Gemma4.Tests.Generation;

public class SoakTests
{
    [Fact]
    public async Task A_few_hundred_chats_side_by_side_leave_nothing_behind()
    {
        SoakRun run = new(chats: 300, callers: 4, seed: 7);

        await run.RunAsync();

        Assert.Empty(run.Different);
        Assert.True(run is { Answered: > 150, Cancelled: > 20, Refused: > 10 }, $"{run.Answered}, {run.Cancelled}, {run.Refused}");
        Assert.Equal((0, 0), (run.AtEnd.RunningRequests, run.AtEnd.QueuedRequests));
        Assert.InRange(run.AtEnd.PrefixCache.Sessions, 1, 8);
    }
}
