using System.Diagnostics;
using System.Globalization;
using Gemma4.ModelBuilder.Graphs;

namespace Gemma4.Benchmarks;

/// <summary>How many weights a second one core rounds.</summary>
internal static class RoundingBenchmarks
{
    private const int Weights = 1 << 22;
    private const int Rounds = 8;

    public static void Run()
    {
        Random random = new(1);
        float[] weights = new float[Weights];
        for (int i = 0; i < Weights; i++)
        {
            // The sum of uniform values is near enough to the bell shape of trained weights.
            weights[i] = (random.NextSingle() + random.NextSingle() + random.NextSingle() + random.NextSingle() - 2) * 0.03f;
        }

        Console.WriteLine("bits block rounding      M weights/s   MB/s of float32   rms error / rms weight");
        foreach (int block in (int[])[32, 64, 128])
        {
            Measure(weights, 8, block, BlockRounding.Extreme);
            Measure(weights, 4, block, BlockRounding.Extreme);
            Measure(weights, 4, block, BlockRounding.LeastSquares);
        }
    }

    private static void Measure(float[] weights, int bits, int block, BlockRounding rounding)
    {
        byte[] packed = new byte[Weights * bits / 8];
        float[] scales = new float[Weights / block];
        BlockQuantizer.Quantize(weights, bits, block, packed, scales, rounding);
        using Process process = Process.GetCurrentProcess();
        // Processor time, so that a busy machine gives the same figure.
        TimeSpan start = process.TotalProcessorTime;
        for (int round = 0; round < Rounds; round++)
        {
            BlockQuantizer.Quantize(weights, bits, block, packed, scales, rounding);
        }

        process.Refresh();
        double seconds = (process.TotalProcessorTime - start).TotalSeconds / Rounds;

        double error = 0;
        double size = 0;
        for (int i = 0; i < Weights; i++)
        {
            int code = bits == 8 ? packed[i] - 128 : ((packed[i / 2] >> (4 * (i & 1))) & 15) - 8;
            double difference = (code * scales[i / block]) - weights[i];
            error += difference * difference;
            size += weights[i] * weights[i];
        }

        double rate = Weights / seconds / 1e6;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{bits,4} {block,5} {rounding,-12} {rate,12:F0} {rate * 4,17:F0} {Math.Sqrt(error / size),24:F5}"));
    }
}
