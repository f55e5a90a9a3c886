using Gemma4.Generation;
using Xunit;

namespace Gemma4.Tests.Generation;

public class StepPlanTests
{
    [Theory]
    [InlineData(1.2)]
    [InlineData(5)]
    [InlineData(7)]
    [InlineData(20)]
    public void However_fast_pieces_are_fewer_than_one_gap_in_twenty_holds_one(double stepsOfAPiece)
    {
        (int steps, int pieces, _) = Read(pieces: 16, stepsOfAPiece);

        Assert.True(pieces * 20 < steps, $"{pieces} pieces in {steps} gaps");
    }

    [Theory]
    [InlineData(20)]
    [InlineData(60)]
    public void Responses_keep_seven_tenths_of_their_speed_beside_long_pieces(double stepsOfAPiece)
    {
        (int steps, _, double time) = Read(pieces: 16, stepsOfAPiece);

        Assert.InRange(steps / time, 0.68, 1);
    }

    [Fact]
    public void Pieces_that_do_not_show_are_read_at_every_turn() => Assert.InRange(Read(pieces: 50, stepsOfAPiece: 0.2).Steps, 49, 51);

    [Fact]
    public void As_many_requests_as_run_by_default_start_one_after_the_other()
    {
        StepPlan plan = new();
        plan.Decoded(TimeSpan.FromSeconds(1));
        int steps = 0;
        for (int request = 1; request < new SchedulingOptions().MaxConcurrentRequests; request++)
        {
            for (; !plan.MayRead(piecesRead: 0); steps++)
            {
                plan.Decoded(TimeSpan.FromSeconds(1));
            }

            plan.Waited(TimeSpan.FromSeconds(6));
        }

        Assert.Equal(0, steps);
    }

    [Fact]
    public void Responses_keep_seven_tenths_of_their_speed_however_many_requests_come()
    {
        StepPlan plan = new();
        double time = 0;
        int steps = 0;
        for (int request = 0; request < 1000; request++)
        {
            do
            {
                plan.Decoded(TimeSpan.FromSeconds(1));
                (steps, time) = (steps + 1, time + 1);
            }
            while (!plan.MayRead(piecesRead: 0));

            plan.Waited(TimeSpan.FromSeconds(6));
            time += 6;
        }

        Assert.InRange(steps / time, 0.7, 0.75);
    }

    // A prompt in steps of one second: as many as it takes to read the pieces, and to pay for the last.
    private static (int Steps, int Pieces, double Time) Read(int pieces, double stepsOfAPiece)
    {
        StepPlan plan = new();
        int steps = 0;
        int read = 0;
        double time = 0;
        while (read < pieces || !plan.MayRead(read))
        {
            plan.Decoded(TimeSpan.FromSeconds(1));
            steps++;
            time++;
            if (read < pieces && plan.MayRead(read))
            {
                plan.Waited(TimeSpan.FromSeconds(stepsOfAPiece));
                read++;
                time += stepsOfAPiece;
            }
        }

        return (steps, read, time);
    }
}
