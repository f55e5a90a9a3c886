using System.Diagnostics;
using System.Globalization;
using Gemma4.Generation;
using Gemma4.ModelBuilder;
using Gemma4.Models;
using Gemma4.OnnxRuntime;
using Gemma4.Testing;

namespace Gemma4.Benchmarks;

/// <summary>One checkpoint in every folder layout: which behaviours hold, and how fast each is beside the text layout.</summary>
internal static class LayoutBenchmarks
{
    private const int Rounds = 7;
    private const int PromptTokens = 128;
    private const int NewTokens = 60;

    private static readonly ModelLayout[] Layouts = Enum.GetValues<ModelLayout>();

    public static void Run()
    {
        // The nano checkpoint is large enough for the graph to outweigh the calls; the tiny one is in the repository.
        string tiny = TestData.Path("tiny", "e2b");
        string timed = TestData.Shared is { } shared && File.Exists(Path.Combine(shared, "nano", "model.safetensors"))
            ? Path.Combine(shared, "nano")
            : tiny;
        DirectoryInfo root = Directory.CreateTempSubdirectory("gemma4-layouts-");
        try
        {
            PrintConformance(Build(tiny, Path.Combine(root.FullName, "tiny")));
            PrintSpeed(Path.GetFileName(timed), Build(timed, Path.Combine(root.FullName, "timed")));
        }
        finally
        {
            root.Delete(recursive: true);
        }
    }

    private static string[] Build(string checkpoint, string root)
    {
        string[] folders = [.. Layouts.Select(layout => Path.Combine(root, $"{layout}"))];
        Directory.CreateDirectory(root);
        for (int index = 0; index < folders.Length; index++)
        {
            var options = new ModelBuildOptions { Layout = Layouts[index] };
            Gemma4ModelBuilder.BuildAsync(checkpoint, folders[index], options).GetAwaiter().GetResult();
        }

        return folders;
    }

    private static void PrintConformance(string[] folders)
    {
        Console.WriteLine($"| behaviour | {string.Join(" | ", Layouts)} |");
        Console.WriteLine($"|---|{string.Concat(Layouts.Select(_ => "---|"))}");
        foreach (string behaviour in GenerationEngineConformance.Behaviours)
        {
            IEnumerable<string> results = folders.Select(folder => Holds(folder, behaviour));
            Console.WriteLine($"| {behaviour.Replace('_', ' ')} | {string.Join(" | ", results)} |");
        }
    }

    private static string Holds(string folder, string behaviour)
    {
        try
        {
            new LayoutConformance(folder).Run(behaviour);
            return "holds";
        }
        catch (ConformanceException exception)
        {
            return exception.Message;
        }
    }

    private static void PrintSpeed(string checkpoint, string[] folders)
    {
        OnnxGenerationEngine[] engines = [.. folders.Select(folder => OnnxGenerationEngine.Load(
            Gemma4ModelFolder.Open(folder), new OnnxRuntimeOptions { IntraOpThreads = 1 }))];
        try
        {
            // In turns, so that a busy moment of the machine meets all of them.
            (double Prompt, double Token)[][] rounds =
                [.. Enumerable.Range(0, Rounds + 1).Select(_ => engines.Select(Measure).ToArray()).Skip(1)];
            Console.WriteLine();
            Console.WriteLine($"| {checkpoint}, float32, one thread | ms per token | ratio | ms for {PromptTokens} prompt tokens | ratio |");
            Console.WriteLine("|---|---|---|---|---|");
            for (int index = 0; index < Layouts.Length; index++)
            {
                double token = Median(rounds, round => round[index].Token);
                double prompt = Median(rounds, round => round[index].Prompt);
                double tokenRatio = Median(rounds, round => round[index].Token / round[0].Token);
                double promptRatio = Median(rounds, round => round[index].Prompt / round[0].Prompt);
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"| {Layouts[index]} | {token:F3} | {tokenRatio:F2} | {prompt:F2} | {promptRatio:F2} |"));
            }
        }
        finally
        {
            Array.ForEach(engines, engine => engine.Dispose());
        }
    }

    private static (double Prompt, double Token) Measure(OnnxGenerationEngine engine)
    {
        using IGenerationSession session = engine.CreateSession();
        int[] prompt = [.. Enumerable.Range(0, PromptTokens).Select(index => 4 + (index * 7 % 500))];
        var watch = Stopwatch.StartNew();
        session.Append(prompt);
        double prefill = watch.Elapsed.TotalMilliseconds;
        watch.Restart();
        Span<int> token = [60];
        for (int step = 0; step < NewTokens; step++)
        {
            session.Append(token);
        }

        return (prefill, watch.Elapsed.TotalMilliseconds / NewTokens);
    }

    private static double Median<T>(T[] rounds, Func<T, double> value) => rounds.Select(value).Order().ElementAt(rounds.Length / 2);
}
