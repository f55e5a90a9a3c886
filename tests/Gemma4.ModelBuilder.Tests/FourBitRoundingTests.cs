using Gemma4.ModelBuilder.Graphs;

namespace Gemma4.ModelBuilder.Tests;

/// <summary>Rounding to 4 bits: weights that lie on a grid come back, others as near as the grid allows.</summary>
public sealed class FourBitRoundingTests
{
    [Theory]
    [InlineData(32, -8, 7)]
    [InlineData(32, -7, 7)]
    [InlineData(32, -3, 7)]
    [InlineData(32, -5, 6)]
    [InlineData(32, -4, 4)]
    [InlineData(32, -2, 3)]
    [InlineData(32, 0, 5)]
    [InlineData(128, -8, 7)]
    [InlineData(64, -8, 2)]
    public void Products_of_a_16_bit_scale_and_a_step_come_back_bit_for_bit(int block, int lowest, int highest)
    {
        var random = new Random(7);
        for (var round = 0; round < 300; round++)
        {
            var scale = (float)(Half)((random.NextSingle() + 0.01f) * 0.02f);
            var weights = OnGrid(random, block, scale, lowest, highest);
            Assert.Equal(weights, RoundTrip(weights, block));
        }
    }

    [Theory]
    [InlineData(-8, 7)]
    [InlineData(-7, 7)]
    [InlineData(-6, 5)]
    [InlineData(-1, 3)]
    public void Products_that_were_rounded_to_bfloat16_give_the_products_before_that(int lowest, int highest)
    {
        var random = new Random(8);
        for (var round = 0; round < 300; round++)
        {
            var scale = (float)(Half)((random.NextSingle() + 0.01f) * 0.02f);
            var exact = OnGrid(random, 32, scale, lowest, highest);
            var stored = exact.Select(ToBFloat16).ToArray();
            var actual = RoundTrip(stored, 32);
            for (var i = 0; i < exact.Length; i++)
            {
                // Half the spacing of bfloat16: the steps are the true ones, the scale is at most one rounding away.
                Assert.InRange(Math.Abs(actual[i] - stored[i]), 0, Math.Abs(stored[i]) / 256);
            }
        }
    }

    [Theory]
    [InlineData(32)]
    [InlineData(128)]
    public void A_searched_scale_is_never_worse_than_the_one_that_keeps_the_extreme(int block)
    {
        var random = new Random(9);
        for (var round = 0; round < 300; round++)
        {
            var weights = new float[block];
            for (var i = 0; i < block; i++)
            {
                weights[i] = (random.NextSingle() + random.NextSingle() + random.NextSingle() - 1.5f) * 0.1f;
            }

            Assert.True(Error(weights, RoundTrip(weights, block))
                <= Error(weights, RoundTrip(weights, block, BlockRounding.Extreme)) * 1.0001);
        }
    }

    [Theory]
    [InlineData(0f)]
    [InlineData(1e-42f)]
    public void Blocks_of_nothing_stay_nothing(float value)
    {
        var weights = new float[32];
        Array.Fill(weights, value);
        Assert.All(RoundTrip(weights, 32), actual => Assert.Equal(0, actual));
    }

    private static float[] OnGrid(Random random, int block, float scale, int lowest, int highest)
    {
        var weights = new float[block];
        for (var i = 0; i < block; i++)
        {
            weights[i] = scale * random.Next(lowest, highest + 1);
        }

        // Both ends of the range occur.
        weights[random.Next(block / 2)] = scale * highest;
        weights[block - 1] = scale * lowest;
        return weights;
    }

    private static float[] RoundTrip(float[] weights, int block, BlockRounding rounding = BlockRounding.LeastSquares)
    {
        var packed = new byte[weights.Length / 2];
        var scales = new float[weights.Length / block];
        BlockQuantizer.Quantize(weights, 4, block, packed, scales, rounding);
        return [.. weights.Select((_, i) => scales[i / block] * (((packed[i / 2] >> (4 * (i & 1))) & 15) - 8))];
    }

    private static float ToBFloat16(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        return BitConverter.UInt32BitsToSingle((bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000);
    }

    private static double Error(float[] expected, float[] actual) =>
        expected.Zip(actual, (a, b) => (double)(a - b) * (a - b)).Sum();
}
