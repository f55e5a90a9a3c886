using System.Diagnostics;
using System.Globalization;
using Gemma4.Generation;
using Gemma4.Models;
using Gemma4.Nano;
using Gemma4.OnnxRuntime;
using Gemma4.Tokenization;
using Microsoft.Extensions.AI;

namespace Gemma4.Benchmarks;

/// <summary>Whole answers of the nano model, and what the library adds to the engine step of each token.</summary>
internal static class NanoBenchmarks
{
    private const int Rounds = 7;
    private const int NewTokens = 200;

    public static void Run()
    {
        Stopwatch watch = Stopwatch.StartNew();
        Gemma4ModelFolder folder = Gemma4ModelFolder.Open(NanoModel.Directory);
        Gemma4Tokenizer tokenizer = Gemma4Tokenizer.Load(folder.TokenizerPath);
        using OnnxGenerationEngine engine = OnnxGenerationEngine.Load(folder, new OnnxRuntimeOptions { IntraOpThreads = 1 });
        Report("load", watch.Elapsed.TotalMilliseconds, "ms");

        int[] prompt = tokenizer.EncodeTemplate("<bos><|turn>user\nTell me a story about a dog and a cat.<turn|>\n<|turn>model\n");
        List<double> step = [];
        List<double> client = [];
        using IChatClient chat = new Gemma4ChatClient(new Gemma4Options { EngineFactory = _ => new Borrowed(engine) }.UseNano());
        for (int round = 0; round < Rounds; round++)
        {
            step.Add(EngineStep(engine, prompt));
            client.Add(ClientToken(chat));
        }

        double stepMs = Median(step);
        double clientMs = Median(client);
        Report("engine step", stepMs, "ms per token (Append, one thread)");
        Report("chat client", clientMs, "ms per token (sampler, parser, update)");
        Report("added by the library", clientMs - stepMs, "ms per token");
        Report("decode", 1000 / clientMs, "tokens/s");
        Report("working set", Environment.WorkingSet / 1048576.0, "MiB");
    }

    private static double EngineStep(OnnxGenerationEngine engine, int[] prompt)
    {
        using IGenerationSession session = engine.CreateSession();
        session.Append(prompt);
        Stopwatch watch = Stopwatch.StartNew();
        Span<int> token = [600];
        for (int i = 0; i < NewTokens; i++)
        {
            session.Append(token);
        }

        return watch.Elapsed.TotalMilliseconds / NewTokens;
    }

    // A high temperature keeps the toy model talking; the first update marks the end of the prompt's share.
    private static double ClientToken(IChatClient chat)
    {
        ChatOptions options = new() { Temperature = 1.5f, TopK = 64, TopP = 0.95f, MaxOutputTokens = NewTokens };
        double milliseconds = 0;
        long tokens = 0;
        for (long seed = 0; tokens < NewTokens; seed++)
        {
            options.Seed = seed;
            (double time, long count) = Measure(chat, options).GetAwaiter().GetResult();
            milliseconds += time;
            tokens += count;
        }

        return milliseconds / tokens;
    }

    private static async Task<(double Milliseconds, long Tokens)> Measure(IChatClient chat, ChatOptions options)
    {
        Stopwatch watch = new();
        long tokens = 0;
        await foreach (ChatResponseUpdate update in chat.GetStreamingResponseAsync("Tell me a story about a dog and a cat.", options))
        {
            if (!watch.IsRunning)
            {
                watch.Start();
            }

            tokens += update.Contents.OfType<UsageContent>().Sum(usage => usage.Details.OutputTokenCount ?? 0);
        }

        return (watch.Elapsed.TotalMilliseconds, Math.Max(0, tokens - 1));
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    private static void Report(string name, double value, string unit) =>
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-22} {value,10:F3} {unit}"));

    /// <summary>The chat client disposes its engine; this one is measured beside it and outlives it.</summary>
    private sealed class Borrowed(IGenerationEngine engine) : IGenerationEngine
    {
        public int VocabularySize => engine.VocabularySize;

        public int MaxContextTokens => engine.MaxContextTokens;

        public IGenerationSession CreateSession() => engine.CreateSession();

        public void Dispose()
        {
        }
    }
}
