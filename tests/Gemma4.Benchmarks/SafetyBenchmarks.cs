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
        PrintSpeed(string.Join('\n', texts.Select(text => text.Text)), new PersonalDataDetector());
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
