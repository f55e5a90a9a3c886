using Xunit;

namespace Gemma4.OnnxRuntimeGenAI.Tests;

/// <summary>
/// The stand-in aborts, as the real library does, when the process exits without a shutdown or when it is shut down
/// while objects live.
/// </summary>
public sealed class ProcessExitTests
{
    [ProbeFact]
    public async Task After_disposal_the_library_is_shut_down_once_and_the_process_ends_well() =>
        await Ends("dispose", "alive: 0");

    [ProbeFact]
    public async Task What_was_never_disposed_is_destroyed_in_order_before_the_shutdown() =>
        await Ends("forget", "alive: True");

    [ProbeFact]
    public async Task A_single_object_that_no_engine_knows_is_destroyed_as_well() =>
        await Ends("leftover", "alive: 1");

    [ProbeFact]
    public async Task What_was_dropped_is_freed_by_finalizers() =>
        await Ends("drop", "alive: 0");

    [ProbeFact]
    public async Task A_step_under_way_is_ended_before_the_shutdown() =>
        await Ends("busy", "exit: during a step", "step: ended");

    [ProbeFact]
    public async Task A_step_that_does_not_end_keeps_its_objects_and_the_library_is_not_shut_down_over_it()
    {
        var (exitCode, output, errors) = await Probe.Run("stubborn", ToyLibrary.Path);

        Assert.Equal("exit: during a step", output);
        Assert.Equal("toy: exit without shutdown", errors);
        Assert.Equal(0, exitCode);
    }

    [ProbeFact]
    public async Task A_library_without_the_newer_exports_conforms_as_well()
    {
        var (exitCode, output, errors) = await Probe.Run("conform", ToyLibrary.OldPath);

        Assert.Equal("conforms: OgaCapabilities { LogCallback = False, TokenCount = False, SearchReadback = False, TelemetrySwitch = False }", output);
        Assert.Equal("toy: shut down", errors);
        Assert.Equal(0, exitCode);
    }

    private static async Task Ends(string what, params string[] lines)
    {
        var (exitCode, output, errors) = await Probe.Run(what, ToyLibrary.Path);

        Assert.Equal("toy: shut down", errors);
        Assert.Equal(lines, output.Split('\n').Order(StringComparer.Ordinal));
        Assert.Equal(0, exitCode);
    }
}
