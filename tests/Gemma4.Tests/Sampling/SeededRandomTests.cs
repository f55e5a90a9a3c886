using Gemma4.Sampling;
using Xunit;

namespace Gemma4.Tests.Sampling;

public class SeededRandomTests
{
    [Fact]
    public void Splitmix64_gives_its_published_sequence()
    {
        ulong state = 1234567;
        Assert.Equal(6457827717110365317UL, SeededRandom.SplitMix(ref state));
        Assert.Equal(3203168211198807973UL, SeededRandom.SplitMix(ref state));
        Assert.Equal(9817491932198370423UL, SeededRandom.SplitMix(ref state));
    }

    [Fact]
    public void Xoshiro256_starstar_gives_its_published_sequence()
    {
        var random = new SeededRandom(1, 2, 3, 4);
        Assert.Equal(11520UL, random.NextUInt64());
        Assert.Equal(0UL, random.NextUInt64());
        Assert.Equal(1509978240UL, random.NextUInt64());
        Assert.Equal(1215971899390074240UL, random.NextUInt64());
    }

    [Fact]
    public void Doubles_stay_below_one_and_fill_the_interval_evenly()
    {
        var random = new SeededRandom(99);
        var tenths = new int[10];
        for (var i = 0; i < 100_000; i++)
        {
            tenths[(int)(random.NextDouble() * 10)]++;
        }

        Assert.All(tenths, count => Assert.InRange(count, 9_500, 10_500));
    }
}
