using System.Diagnostics;
using Gemma4.Tests.Models;
using Xunit;

namespace Gemma4.Tests.OnnxRuntime;

/// <summary>Runs the probe in a process whose environment does not switch telemetry off by itself.</summary>
public sealed class OnnxTelemetryTests(TinyModel model) : IClassFixture<TinyModel>
{
    [Fact]
    public async Task Nothing_is_written_or_sent_unless_telemetry_is_asked_for()
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.False(OperatingSystem.IsLinux());
            return;
        }

        using var quiet = new TemporaryFolder("cache");
        using var talking = new TemporaryFolder("cache");

        string output = await Probe("off", 3000, quiet.Path, AppContext.BaseDirectory);
        string control = await Probe("on", 0, talking.Path, AppContext.BaseDirectory);

        Assert.Equal("sockets: 0", output);
        Assert.Empty(Directory.EnumerateFileSystemEntries(quiet.Path));

        // The control shows that the check can fail: this build of the runtime does write when it is left alone.
        Assert.StartsWith("sockets: ", control, StringComparison.Ordinal);
        Assert.NotEmpty(Directory.EnumerateFiles(talking.Path, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task A_missing_native_library_names_the_package_to_add()
    {
        using var cache = new TemporaryFolder("cache");
        using var application = new TemporaryFolder("application");

        // Managed files only, and no dependency list: the runtime then looks beside the application alone.
        foreach (string file in Directory.EnumerateFiles(AppContext.BaseDirectory, "*.dll")
            .Append(Path.Combine(AppContext.BaseDirectory, "Gemma4.TelemetryProbe.runtimeconfig.json")))
        {
            if (!Path.GetFileName(file).StartsWith("onnxruntime", StringComparison.Ordinal))
            {
                File.Copy(file, Path.Combine(application.Path, Path.GetFileName(file)));
            }
        }

        string output = await Probe("off", 0, cache.Path, application.Path);

        Assert.StartsWith("error: The native library 'onnxruntime' could not be loaded", output, StringComparison.Ordinal);
        Assert.Contains("Add the package Microsoft.ML.OnnxRuntime", output, StringComparison.Ordinal);
    }

    private async Task<string> Probe(string telemetry, int milliseconds, string cache, string application)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, WorkingDirectory = cache };
        start.ArgumentList.Add(Path.Combine(application, "Gemma4.TelemetryProbe.dll"));
        start.ArgumentList.Add(model.Path);
        start.ArgumentList.Add(telemetry);
        start.ArgumentList.Add($"{milliseconds}");
        start.Environment.Remove("ORT_DISABLE_TELEMETRY");
        start.Environment.Remove("CI");
        start.Environment["XDG_CACHE_HOME"] = cache;

        // .NET's own diagnostics would open a socket.
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        using Process process = Process.Start(start)!;
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return output.Trim();
    }
}
