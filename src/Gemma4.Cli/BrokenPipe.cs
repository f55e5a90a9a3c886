using System.Runtime.InteropServices;

namespace Gemma4.Cli;

/// <summary>
/// What happens when nobody reads the output any more, as after <c>| head -1</c>. The runtime drops what is written then, and
/// a model would go on answering line after line for nobody.
/// </summary>
internal static partial class BrokenPipe
{
    private const int SignalPipe = 13;
    private const nint DefaultAction = 0;

    /// <summary>
    /// Lets the system end the program, as it ends others. Not for a command that uses the network: a connection that the
    /// other side closed raises the same signal.
    /// </summary>
    public static void EndProgram()
    {
        if (!OperatingSystem.IsWindows())
        {
            _ = SetSignal(SignalPipe, DefaultAction);
        }
    }

    [LibraryImport("libc", EntryPoint = "signal")]
    private static partial nint SetSignal(int number, nint action);
}
