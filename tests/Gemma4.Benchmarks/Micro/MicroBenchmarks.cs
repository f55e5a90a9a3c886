using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Exporters;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace Gemma4.Benchmarks.Micro;

/// <summary>The stations of a request without the model, by BenchmarkDotNet, whose arguments it takes.</summary>
internal static class MicroBenchmarks
{
    public static int Run(string[] arguments)
    {
        // --dry runs each once, to see that it runs.
        Job job = arguments.Contains("--dry") ? Job.Dry : Job.ShortRun;

        // In this process: a generated project would not find the repository's settings.
        IConfig config = ManualConfig.CreateEmpty()
            .AddJob(job.WithToolchain(InProcessEmitToolchain.Instance))
            .AddDiagnoser(MemoryDiagnoser.Default)
            .AddColumnProvider(DefaultColumnProviders.Instance)
            .AddLogger(ConsoleLogger.Default)
            .AddExporter(MarkdownExporter.GitHub)
            .WithArtifactsPath(Path.Combine(TestData.Root, ".artifacts", "benchmarks"));
        IEnumerable<Summary> summaries = BenchmarkSwitcher.FromAssembly(typeof(MicroBenchmarks).Assembly).Run([.. arguments.Where(argument => argument != "--dry")], config);
        return summaries.Any() && summaries.All(summary => summary.Reports.All(report => report.Success) && !summary.HasCriticalValidationErrors) ? 0 : 1;
    }
}
