using System.Numerics.Tensors;
using Gemma4.Generation;

namespace Gemma4.Cli.Benchmarking;

/// <summary>Runs the engine alone: no tokenizer, no parser, greedy choice.</summary>
internal static class EngineBenchmark
{
    // The chunk that chat requests use by default.
    private const int ChunkSize = 128;

    // Ids below are control tokens in every Gemma 4 vocabulary. The prompt walks through the rest in steps that share no
    // factor with a power of two, so that no table row is read twice.
    private const int FirstPlainId = 300;
    private const int IdStep = 7919;

    public static BenchmarkFigures Measure(
        IGenerationEngine engine, int promptTokens, int newTokens, int runs, TimeProvider time, CancellationToken cancellationToken)
    {
        if ((long)promptTokens + newTokens - 1 > engine.MaxContextTokens)
        {
            throw new ArgumentException(
                $"{promptTokens} prompt and {newTokens} new tokens do not fit into the context of {engine.MaxContextTokens} tokens. "
                + "Give smaller numbers, or build the folder with a larger --context.");
        }

        var prompt = Prompt(promptTokens, engine.VocabularySize);
        var (prefill, first, decode) = (new double[runs], new double[runs], new double[runs]);
        for (var run = -1; run < runs; run++)
        {
            using var session = engine.CreateSession();
            var times = Run(session, prompt, newTokens, time, cancellationToken);
            if (run >= 0)
            {
                (prefill[run], first[run], decode[run]) = times;
            }
        }

        return new BenchmarkFigures(
            promptTokens,
            newTokens,
            runs,
            promptTokens / Median(prefill) * 1000,
            newTokens > 1 ? (newTokens - 1) / Median(decode) * 1000 : 0,
            Median(first),
            LoadMilliseconds: 0,
            Environment.WorkingSet / 1e6);
    }

    private static (double Prefill, double First, double Decode) Run(
        IGenerationSession session, int[] prompt, int newTokens, TimeProvider time, CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        for (var from = 0; from < prompt.Length; from += ChunkSize)
        {
            session.Append(prompt.AsSpan(from, Math.Min(ChunkSize, prompt.Length - from)), cancellationToken);
        }

        var prefill = time.GetElapsedTime(start).TotalMilliseconds;
        int[] next = [TensorPrimitives.IndexOfMax(session.Logits)];
        var first = time.GetElapsedTime(start).TotalMilliseconds;
        var decodeStart = time.GetTimestamp();
        for (var made = 1; made < newTokens; made++)
        {
            session.Append(next, cancellationToken);
            next[0] = TensorPrimitives.IndexOfMax(session.Logits);
        }

        return (prefill, first, time.GetElapsedTime(decodeStart).TotalMilliseconds);
    }

    private static int[] Prompt(int length, int vocabularySize)
    {
        var lowest = Math.Min(FirstPlainId, vocabularySize - 1);
        var plain = vocabularySize - lowest;
        var prompt = new int[length];
        for (var i = 0; i < length; i++)
        {
            prompt[i] = lowest + (int)((long)i * IdStep % plain);
        }

        return prompt;
    }

    private static double Median(double[] values)
    {
        Array.Sort(values);
        var middle = values.Length / 2;
        return values.Length % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
    }
}
