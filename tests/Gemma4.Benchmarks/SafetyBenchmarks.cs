using System.Diagnostics;
using System.Text;
using Gemma4.Benchmarks.Safety;
using Gemma4.Safety.Detection;
using Gemma4.Safety.Detection.PersonalData;

namespace Gemma4.Benchmarks;

/// <summary>Figures of the safety detectors. Texts with an even number were used while the rules were written, odd ones were not.</summary>
internal static class SafetyBenchmarks
{
    public static void Run(bool showMisses)
    {
        if (TestData.Shared is null)
        {
            Console.WriteLine("skipped: the shared data folder beside the repository is absent");
            return;
        }

        var texts = LabelledText.Read(Path.Combine(TestData.Shared, "data", "pii", "synth_dataset_v2.json"));
        PersonalDataScores.Print([.. texts.Where((_, index) => index % 2 == 0)], "Personal data, seen while tuning", showMisses);
        PersonalDataScores.Print([.. texts.Where((_, index) => index % 2 == 1)], "Personal data, held out", showMisses: false);

        var data = Path.Combine(TestData.Shared, "data");
        var heldOut = InjectionCorpus.Public(data, heldOut: true);
        InjectionScores.Print(InjectionCorpus.Public(data, heldOut: false), "Prompt injection, seen while training", showMisses);
        InjectionScores.Print(heldOut, "Prompt injection, held out", showMisses: false);
        InjectionScores.PrintDisguises(heldOut);
        InjectionScores.PrintSpeed(heldOut);
        PrintFalseAlarms(heldOut, showMisses);
        PrintPipeline(string.Join('\n', heldOut.Select(text => text.Text)));
        PipelineFigures.PrintAsync(heldOut).GetAwaiter().GetResult();
        PrintSpeed(string.Join('\n', texts.Select(text => text.Text)), new PersonalDataDetector());
    }

    /// <summary>Trains the injection model into the sources of the package.</summary>
    public static void TrainInjection(bool useDeepset)
    {
        if (TestData.Shared is null)
        {
            Console.WriteLine("skipped: the shared data folder beside the repository is absent");
            return;
        }

        InjectionTrainer.Run(
            Path.Combine(TestData.Shared, "data"),
            Path.Combine(TestData.Root, "tests", "Gemma4.Benchmarks", "Safety", "injection-templates.txt"),
            Path.Combine(TestData.Root, "src", "Gemma4.Safety", "Detection", "Injection", "injection-model.bin"),
            useDeepset);
    }

    // Texts in which the other detectors have nothing to find.
    private static void PrintFalseAlarms(IReadOnlyList<InjectionText> texts, bool showMisses)
    {
        var harmless = texts.Where(text => !text.IsAttack).ToArray();
        foreach (var detector in (ITextDetector[])[Detectors.Secrets(), Detectors.Exfiltration(), Detectors.ControlMarkers(), Detectors.HiddenCharacters(), Detectors.UnsafeOutput()])
        {
            var alarms = 0;
            foreach (var text in harmless)
            {
                var found = new List<Finding>();
                detector.Detect(new TextView(text.Text), found);
                alarms += found.Count > 0 ? 1 : 0;
                if (showMisses && found.Count > 0)
                {
                    Console.WriteLine($"    alarm {found[0].Rule} '{text.Text.Substring(found[0].Start, Math.Min(60, found[0].Length))}'");
                }
            }

            Console.WriteLine($"{detector.Id}: {alarms} alarms in {harmless.Length} harmless texts");
        }
    }

    // All detectors, one message of 4 KB, the views made anew.
    private static void PrintPipeline(string text)
    {
        ITextDetector[] detectors =
        [
            Detectors.PersonalData(), Detectors.Secrets(), Detectors.PromptInjection(), Detectors.Exfiltration(), Detectors.ControlMarkers(),
            Detectors.HiddenCharacters(), Detectors.UnsafeOutput(), Detectors.BlockedWords("test", ["forbidden word", "another phrase"]),
            Detectors.PromptLeak("You are a helpful assistant who answers questions about the products of the shop and nothing else at all."),
        ];
        var found = new List<Finding>();
        var best = detectors.ToDictionary(detector => detector.Id, _ => double.MaxValue);
        var total = double.MaxValue;
        for (var round = 0; round < 200; round++)
        {
            var view = new TextView(text.Substring(round * 97, 4096));
            var all = Stopwatch.StartNew();
            foreach (var detector in detectors)
            {
                found.Clear();
                var watch = Stopwatch.StartNew();
                detector.Detect(view, found);
                best[detector.Id] = Math.Min(best[detector.Id], watch.Elapsed.TotalMilliseconds);
            }

            total = Math.Min(total, all.Elapsed.TotalMilliseconds);
        }

        Console.WriteLine($"all {detectors.Length} detectors: {total:F3} ms per 4 KB (best of 200): {string.Join(", ", best.Select(entry => $"{entry.Key} {entry.Value:F3}"))}");
    }

    private static void PrintSpeed(string text, ITextDetector detector)
    {
        var bytes = Encoding.UTF8.GetByteCount(text);
        var found = new List<Finding>();
        var best = double.MaxValue;
        for (var round = 0; round < 60; round++)
        {
            found.Clear();
            var view = new TextView(text);
            var watch = Stopwatch.StartNew();
            detector.Detect(view, found);
            best = Math.Min(best, watch.Elapsed.TotalSeconds);
        }

        Console.WriteLine($"{detector.Id}: {bytes / best / 1e6:F1} MB/s on one core ({bytes / 1000} KB, best of 60, {found.Count} findings)");
    }
}
