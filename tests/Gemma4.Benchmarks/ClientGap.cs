using System.Diagnostics;
using Gemma4.Generation;
using Microsoft.Extensions.AI;

namespace Gemma4.Benchmarks;

/// <summary>
/// What the client does between two steps of the engine: sampling, parsing, handing over, scheduling. Read off the
/// steps of one stream, so that a slow machine slows both alike.
/// </summary>
internal static class ClientGap
{
    /// <returns>Medians in milliseconds of a step and of the time between two.</returns>
    public static async Task<(double Step, double Gap)> MeasureAsync(string folder, IGenerationEngine engine, int steps)
    {
        TimedEngine timed = new(engine);
        using Gemma4ChatClient client = new(new Gemma4Options
        {
            ModelPath = folder,
            EngineFactory = _ => timed,
            PrefixCache = { Enabled = false },
        });
        ChatOptions options = new() { MaxOutputTokens = steps, Seed = 1 };
        while (timed.Steps.Count < steps)
        {
            timed.Between();
            int before = timed.Steps.Count;
            await foreach (ChatResponseUpdate update in client.GetStreamingResponseAsync("Tell me a story about a dog and a cat.", options))
            {
                GC.KeepAlive(update);
            }

            if (timed.Steps.Count == before)
            {
                throw new InvalidOperationException("The model ends its answer at the first token, so there is nothing between two steps to measure.");
            }
        }

        return (Median(timed.Steps), Median(timed.Gaps));
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    private sealed class TimedEngine(IGenerationEngine engine) : IGenerationEngine
    {
        private long _end;

        public List<double> Steps { get; } = [];

        public List<double> Gaps { get; } = [];

        public int VocabularySize => engine.VocabularySize;

        public int MaxContextTokens => engine.MaxContextTokens;

        public IGenerationSession CreateSession() => new TimedSession(this, engine.CreateSession());

        /// <summary>The next step follows another response and its prompt.</summary>
        public void Between() => _end = 0;

        public void Dispose()
        {
            // Measured further by others.
        }

        private sealed class TimedSession(TimedEngine owner, IGenerationSession session) : IGenerationSession
        {
            public int Length => session.Length;

            public ReadOnlySpan<float> Logits => session.Logits;

            public void Append(ReadOnlySpan<int> tokens, CancellationToken cancellationToken = default)
            {
                long start = Stopwatch.GetTimestamp();
                session.Append(tokens, cancellationToken);
                long end = Stopwatch.GetTimestamp();
                if (tokens.Length == 1 && owner._end != 0)
                {
                    owner.Gaps.Add(Stopwatch.GetElapsedTime(owner._end, start).TotalMilliseconds);
                    owner.Steps.Add(Stopwatch.GetElapsedTime(start, end).TotalMilliseconds);
                }

                owner._end = end;
            }

            public void RewindTo(int length) => session.RewindTo(length);

            public void Dispose() => session.Dispose();
        }
    }
}
