using BenchmarkDotNet.Attributes;
using Gemma4.Sampling;

namespace Gemma4.Benchmarks.Micro;

/// <summary>One picked token of the full vocabulary.</summary>
public class SamplerBenchmark
{
    private const int VocabularySize = 262_144;

    private readonly float[] _logits = new float[VocabularySize];
    private Sampler _sampler = null!;

    /// <summary>How logits spread: like a model's, or all equal, the worst case of a selection.</summary>
    [Params("bell", "flat")]
    public string Logits { get; set; } = "bell";

    [Params("greedy", "default", "penalties", "half mask", "top-k 1000", "top-p alone", "temperature alone")]
    public string Settings { get; set; } = "default";

    [GlobalSetup]
    public void SetUp()
    {
        if (Logits == "bell")
        {
            Random random = new(1);
            for (int i = 0; i < _logits.Length; i++)
            {
                // Box-Muller: normally distributed, roughly what a model gives.
                double radius = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble()));
                _logits[i] = (float)(radius * Math.Cos(2 * Math.PI * random.NextDouble()) * 4);
            }
        }

        SamplingSettings settings = Settings switch
        {
            "greedy" => new() { Temperature = 0 },
            "penalties" => new() { Seed = 1, RepetitionPenalty = 1.1f, FrequencyPenalty = 0.1f },
            "top-k 1000" => new() { Seed = 1, TopK = 1000 },
            "top-p alone" => new() { Seed = 1, TopK = 0 },
            "temperature alone" => new() { Seed = 1, TopK = 0, TopP = 1 },
            _ => new() { Seed = 1 },
        };
        _sampler = new Sampler(settings, VocabularySize, [], Settings == "half mask" ? new EverySecond() : null, 1);
    }

    [Benchmark]
    public int Sample() => _sampler.Sample(_logits);

    private sealed class EverySecond : ITokenConstraint
    {
        public bool FillMask(Span<ulong> mask)
        {
            mask.Fill(0xAAAA_AAAA_AAAA_AAAA);
            return true;
        }

        public void Accept(int token)
        {
        }
    }
}
