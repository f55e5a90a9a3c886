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
        Assert.Equal(130, await ExitOfEndedAsync("INT"));

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
        Assert.Equal(137, await ExitOfEndedAsync("KILL")); // 128 and the number of the signal
        Assert.Contains(Folder + ".building", Entries);

        var next = await CliRun.Of("build", RepositoryData.Path("tiny", "e2b"), Folder);

        Assert.True(next.ExitCode == 0, next.Error);
        Assert.Equal([Folder], Entries);
    }

    [LinuxFact]
    public async Task A_write_that_the_system_refuses_midway_is_named_and_leaves_nothing()
    {
        // Without the trap the signal would end the process before the write could fail.
        using var build = Start("trap '' XFSZ; ulimit -f 100000; exec dotnet \"$@\"");
        var error = await build.StandardError.ReadToEndAsync();
        await build.WaitForExitAsync();

        Assert.True(build.ExitCode == 1, error);
        Assert.Contains("model.onnx.data' could not be written at byte", error, StringComparison.Ordinal);
        Assert.Empty(Entries);
    }

    // The shell sends the signal at the first line of the progress: the build does not wait for a test that shares the
    // processor with others.
    private async Task<int> ExitOfEndedAsync(string signal)
    {
        using var build = Start($$"""
            { sh -c 'echo $$ >&2; exec env --default-signal=INT dotnet "$@"' sh "$@"; echo "exit $?" >&2; } 2>&1 >/dev/null |
            { read -r pid; IFS= read -r line; kill -{{signal}} "$pid"; echo "$line"; cat; }
            """);
        var lines = (await build.StandardOutput.ReadToEndAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        await build.WaitForExitAsync();

        Assert.StartsWith(" 10 %", lines[0], StringComparison.Ordinal);
        Assert.StartsWith("exit ", lines[^1], StringComparison.Ordinal);
        return int.Parse(lines[^1]["exit ".Length..], CultureInfo.InvariantCulture);
    }

    private Process Start(string script)
    {
        string[] build = [Path.Combine(AppContext.BaseDirectory, "Gemma4.Cli.dll"), "build", "--random", "e2b", "--layers", "1", "--context", "16", Folder];
        var start = new ProcessStartInfo("sh", ["-c", script, "sh", .. build]) { RedirectStandardError = true, RedirectStandardOutput = true };
        // The runtime's double mapping of code makes a file larger than the limit of one of the tests.
        start.Environment["DOTNET_EnableWriteXorExecute"] = "0";
        return Process.Start(start)!;
    }
}
