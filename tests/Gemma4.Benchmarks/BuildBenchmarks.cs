using System.Diagnostics;
using System.Globalization;
using Gemma4.ModelBuilder;

namespace Gemma4.Benchmarks;

/// <summary>Time and memory of building a model of real size, from a checkpoint made for the purpose or without one.</summary>
internal static class BuildBenchmarks
{
    internal static readonly Dictionary<string, Gemma4Size> Sizes = new()
    {
        ["e2b"] = Gemma4Size.E2B,
        ["e4b"] = Gemma4Size.E4B,
        ["12b"] = Gemma4Size.Dense12B,
        ["26b-a4b"] = Gemma4Size.Experts26B,
        ["31b"] = Gemma4Size.Dense31B,
    };

    /// <summary>checkpoint SIZE DIR: writes a checkpoint and leaves it there.</summary>
    public static void WriteCheckpoint(string size, string directory)
    {
        Stopwatch watch = Stopwatch.StartNew();
        UntrainedCheckpoint.Write(Sizes[size], null, directory);
        Report("checkpoint", Bytes(directory) / 1e9, "GB");
        Report("write", watch.Elapsed.TotalSeconds, "s");
    }

    /// <summary>build DIR|SIZE [PRECISION]: builds that checkpoint, or that size with random weights, and deletes the result.</summary>
    public static async Task BuildAsync(string source, string precision)
    {
        string output = Path.Combine(Path.GetTempPath(), $"gemma4-build-{Environment.ProcessId}");
        ModelBuildOptions options = new() { Precision = Enum.Parse<ModelPrecision>(precision, ignoreCase: true) };
        bool isSize = Sizes.TryGetValue(source, out Gemma4Size size);
        try
        {
            Stopwatch watch = Stopwatch.StartNew();
            TimeSpan cpu = Environment.CpuUsage.TotalTime;
            if (isSize)
            {
                await Gemma4ModelBuilder.BuildRandomAsync(new RandomModel(size), output, options);
            }
            else
            {
                await Gemma4ModelBuilder.BuildAsync(source, output, options);
            }

            double seconds = watch.Elapsed.TotalSeconds;
            Report("build", seconds, "s");
            Report("processor time", (Environment.CpuUsage.TotalTime - cpu).TotalSeconds, "s");
            if (!isSize)
            {
                Report("read", Bytes(source) / 1e9, "GB");
                Report("read speed", Bytes(source) / 1e6 / seconds, "MB/s");
            }

            Report("written", Bytes(output) / 1e9, "GB");
            Report("write speed", Bytes(output) / 1e6 / seconds, "MB/s");
            Report("peak resident", PeakResidentMegabytes(), "MB (VmHWM)");
        }
        finally
        {
            if (Directory.Exists(output))
            {
                Directory.Delete(output, recursive: true);
            }
        }
    }

    private static long Bytes(string directory) => new DirectoryInfo(directory).EnumerateFiles().Sum(file => file.Length);

    private static double PeakResidentMegabytes()
    {
        string line = File.ReadLines("/proc/self/status").First(text => text.StartsWith("VmHWM", StringComparison.Ordinal));
        return double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture) / 1024;
    }

    private static void Report(string name, double value, string unit) =>
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-16} {value,10:F1} {unit}"));
}
