using System.Globalization;
using System.Text.Json;
using Gemma4.Models;
using Gemma4.OnnxRuntime;

namespace Gemma4.Benchmarks;

/// <summary>
/// Time of the native call for pieces of several sizes, 1 being a decode step, after several lengths of conversation. The
/// earlier rows are zeros, so nothing has to be filled first; folders and sizes take turns. The first folder that is loaded
/// runs some per cent slower than the same one loaded second, so name it twice to compare. One JSON object a line.
/// </summary>
internal static class PieceBenchmarks
{
    private const int WarmUp = 1;

    public static void Run(string[] arguments)
    {
        string[] folders = [.. arguments.TakeWhile(argument => !argument.StartsWith("--", StringComparison.Ordinal))];
        int[] lengths = Numbers(arguments, "--at", [0, 7900]);
        int[] sizes = Numbers(arguments, "--of", [1, 128]);
        int steps = Numbers(arguments, "--steps", [9])[0];
        OnnxGenerationEngine[] engines = [.. folders.Select(folder => OnnxGenerationEngine.Load(Gemma4ModelFolder.Open(folder), Options(arguments)))];
        try
        {
            var empty = new double[folders.Length, sizes.Length];
            foreach (int length in lengths)
            {
                (double[,][] times, double[,][] work) = Measure(engines, length, sizes, steps, isScored: !arguments.Contains("--unscored"));
                for (int size = 0; size < sizes.Length; size++)
                {
                    for (int folder = 0; folder < folders.Length; folder++)
                    {
                        double[] own = times[folder, size];
                        double median = Median(own);
                        empty[folder, size] = length == lengths[0] ? median : empty[folder, size];
                        Console.WriteLine(JsonSerializer.Serialize(new
                        {
                            measure = "piece",
                            folder = folders[folder],
                            length,
                            tokens = sizes[size],
                            medianMs = Math.Round(median, 2),
                            bestMs = Math.Round(own.Min(), 2),
                            tokensPerSecond = Math.Round(sizes[size] * 1000 / median, 1),
                            toFirstFolder = Ratio(own, times[0, size]),
                            processorMs = Math.Round(Median(work[folder, size]), 2),
                            processorToFirstFolder = Ratio(work[folder, size], work[0, size]),
                            bestProcessorMs = Math.Round(work[folder, size].Min(), 2),
                            toFirstSizePerToken = Math.Round(Ratio(own, times[folder, 0]) * sizes[0] / sizes[size], 3),
                            toFirstLength = Math.Round(median / empty[folder, size], 3),
                            cacheBytes = engines[folder].CacheBytes(length + sizes[size]),
                        }));
                    }
                }
            }
        }
        finally
        {
            Array.ForEach(engines, engine => engine.Dispose());
        }
    }

    /// <summary>With --profile the runtime writes a trace of every operator, one file a folder, into the current directory.</summary>
    private static OnnxRuntimeOptions Options(string[] arguments) => new()
    {
        AllowSpinning = false,
        IntraOpThreads = Numbers(arguments, "--threads", [Environment.ProcessorCount])[0],
        ConfigureSession = arguments.Contains("--profile")
            ? native => (native.ProfileOutputPathPrefix, native.EnableProfiling) = ("profile", true)
            : null,
    };

    /// <summary>Wall time and processor time; the latter is the steadier one beside other work.</summary>
    private static (double[,][] Times, double[,][] Work) Measure(OnnxGenerationEngine[] engines, int length, int[] sizes, int steps, bool isScored)
    {
        var times = new double[engines.Length, sizes.Length][];
        var work = new double[engines.Length, sizes.Length][];
        List<RawStep> opened = [];
        try
        {
            foreach (OnnxGenerationEngine engine in engines)
            {
                opened.AddRange(sizes.Select(size => new RawStep(engine, length, size, isScored)));
            }

            for (int step = -WarmUp; step < steps; step++)
            {
                for (int subject = 0; subject < opened.Count; subject++)
                {
                    TimeSpan before = Environment.CpuUsage.TotalTime;
                    double time = opened[subject].Run();
                    double used = (Environment.CpuUsage.TotalTime - before).TotalMilliseconds;
                    (int folder, int size) = (subject / sizes.Length, subject % sizes.Length);
                    times[folder, size] ??= new double[steps];
                    work[folder, size] ??= new double[steps];
                    if (step >= 0)
                    {
                        (times[folder, size][step], work[folder, size][step]) = (time, used);
                    }
                }
            }

            return (times, work);
        }
        finally
        {
            opened.ForEach(step => step.Dispose());
        }
    }

    private static double Ratio(double[] times, double[] others) =>
        Math.Round(Median(times.Select((time, index) => time / others[index])), 3);

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }

    private static int[] Numbers(string[] arguments, string name, int[] absent)
    {
        int index = Array.IndexOf(arguments, name);
        return index >= 0 && index + 1 < arguments.Length
            ? [.. arguments[index + 1].Split(',').Select(number => int.Parse(number, CultureInfo.InvariantCulture))]
            : absent;
    }
}
