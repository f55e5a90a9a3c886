using System.Diagnostics;
using System.Globalization;

namespace Gemma4.Cli.Tests.Building;

/// <summary>A build as a process that is interrupted, killed or stopped by a limit of the system.</summary>
public sealed class BuildProcessTests : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("gemma4-cli-");

    private string Folder => Path.Combine(_root.FullName, "model");

    private IEnumerable<string> Entries => Directory.EnumerateFileSystemEntries(_root.FullName);

    public void Dispose() => _root.Delete(recursive: true);

    [LinuxFact]
    public async Task An_interrupted_build_ends_with_130_and_leaves_nothing()
    {
        using var build = Start("exec env --default-signal=INT");
        await UntilTenPercentAsync(build);
        using var signal = Process.Start("kill", ["-INT", build.Id.ToString(CultureInfo.InvariantCulture)]);
        await build.WaitForExitAsync();

        Assert.Equal(130, build.ExitCode);
        Assert.Empty(Entries);
    }

    [LinuxFact]
    public async Task A_place_that_cannot_be_written_is_named_as_it_was_given()
    {
        var run = await CliRun.Of("build", RepositoryData.Path("tiny", "e2b"), "/proc/gemma4-never");

        Assert.Equal((1, "gemma4: '/proc/gemma4-never' cannot be made: its parent folder is not writable. Name a folder elsewhere.\n"), (run.ExitCode, run.Error));
    }

    [LinuxFact]
    public async Task A_killed_build_is_cleared_away_by_the_next_one()
    {
        using var build = Start("exec");
        await UntilTenPercentAsync(build);
        build.Kill();
        await build.WaitForExitAsync();
        Assert.Contains(Folder + ".building", Entries);

        var next = await CliRun.Of("build", RepositoryData.Path("tiny", "e2b"), Folder);

        Assert.True(next.ExitCode == 0, next.Error);
        Assert.Equal([Folder], Entries);
    }

    [LinuxFact]
    public async Task A_write_that_the_system_refuses_midway_is_named_and_leaves_nothing()
    {
        // Without the trap the signal would end the process before the write could fail.
        using var build = Start("trap '' XFSZ; ulimit -f 100000; exec");
        var error = await build.StandardError.ReadToEndAsync();
        await build.WaitForExitAsync();

        Assert.True(build.ExitCode == 1, error);
        Assert.Contains("model.onnx.data' could not be written at byte", error, StringComparison.Ordinal);
        Assert.Empty(Entries);
    }

    private static async Task UntilTenPercentAsync(Process build) =>
        Assert.StartsWith(" 10 %", await build.StandardError.ReadLineAsync(), StringComparison.Ordinal);

    private Process Start(string prefix)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "Gemma4.Cli.dll");
        var start = new ProcessStartInfo("sh") { RedirectStandardError = true, RedirectStandardOutput = true };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add(prefix + " dotnet \"$0\" build --random e2b --layers 1 --context 16 \"$1\"");
        start.ArgumentList.Add(program);
        start.ArgumentList.Add(Folder);
        // The runtime's double mapping of code makes a file larger than the limit of one of the tests.
        start.Environment["DOTNET_EnableWriteXorExecute"] = "0";
        return Process.Start(start)!;
    }
}
