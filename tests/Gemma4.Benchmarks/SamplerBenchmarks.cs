using System.Diagnostics;
using Gemma4.Sampling;

namespace Gemma4.Benchmarks;

/// <summary>Microseconds per picked token at the full vocabulary: median of 200, after 50 to warm up.</summary>
internal static class SamplerBenchmarks
{
    private const int VocabularySize = 262_144;

    public static void Run()
    {
        var random = new Random(1);
        var bell = new float[VocabularySize];
        for (var i = 0; i < bell.Length; i++)
        {
            // Box-Muller: normally distributed, roughly what a model gives.
            bell[i] = (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()) * 4);
        }

        var ascending = Enumerable.Range(0, VocabularySize).Select(id => id * 1e-4f).ToArray();
        var flat = new float[VocabularySize];
        (string Name, float[] Logits)[] inputs = [("bell", bell), ("ascending", ascending), ("flat", flat)];
        (string Name, SamplingSettings Settings, ITokenConstraint? Constraint)[] cases =
        [
            ("greedy", new() { Temperature = 0 }, null),
            ("top-k 64, top-p 0.95", new() { Seed = 1 }, null),
            ("same with penalties", new() { Seed = 1, RepetitionPenalty = 1.1f, FrequencyPenalty = 0.1f }, null),
            ("same with a half-full mask", new() { Seed = 1 }, new PatternConstraint(0xAAAA_AAAA_AAAA_AAAA)),
            ("top-k 1000, top-p 0.95", new() { Seed = 1, TopK = 1000 }, null),
            ("top-p 0.95 alone", new() { Seed = 1, TopK = 0 }, null),
            ("temperature alone", new() { Seed = 1, TopK = 0, TopP = 1 }, null),
        ];
        foreach (var (name, settings, constraint) in cases)
        {
            foreach (var (inputName, logits) in inputs)
            {
                var sampler = new Sampler(settings, VocabularySize, [], constraint, 1);
                Console.WriteLine(FormattableString.Invariant($"sampler | {name,-28} | {inputName,-9} | {Median(sampler, logits),8:F0} us"));
            }
        }
    }

    private static double Median(Sampler sampler, float[] logits)
    {
        var times = new double[200];
        for (var i = -50; i < times.Length; i++)
        {
            var start = Stopwatch.GetTimestamp();
            sampler.Sample(logits);
            if (i >= 0)
            {
                times[i] = Stopwatch.GetElapsedTime(start).TotalMicroseconds;
            }
        }

        Array.Sort(times);
        return times[times.Length / 2];
    }

    private sealed class PatternConstraint(ulong word) : ITokenConstraint
    {
        public bool FillMask(Span<ulong> mask)
        {
            mask.Fill(word);
            return true;
        }

        public void Accept(int token)
        {
        }
    }
}
