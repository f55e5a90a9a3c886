using System.Diagnostics;
using System.Globalization;
using Gemma4;
using Gemma4.Models;
using Gemma4.OnnxRuntime;

// A process of its own that loads a model and watches its own sockets: <folder> <on|off> <milliseconds>.
// Prints "sockets: N", or "error: ..." when the model cannot be loaded.
string folder = args[0];
bool telemetry = args[1] == "on";
int milliseconds = int.Parse(args[2], CultureInfo.InvariantCulture);
try
{
    using var engine = OnnxGenerationEngine.Load(
        Gemma4ModelFolder.Open(folder), new OnnxRuntimeOptions { EnableTelemetry = telemetry, IntraOpThreads = 1 });
    using var session = engine.CreateSession();
    session.Append([2]);
    Console.WriteLine($"sockets: {CountSockets(milliseconds)}");
    return 0;
}
catch (Gemma4ModelException exception)
{
    Console.WriteLine($"error: {exception.Message}");
    return 1;
}

static int CountSockets(int milliseconds)
{
    var seen = new HashSet<string>(StringComparer.Ordinal);
    var clock = Stopwatch.StartNew();
    do
    {
        if (OperatingSystem.IsLinux())
        {
            foreach (string descriptor in Directory.EnumerateFileSystemEntries("/proc/self/fd"))
            {
                if (new FileInfo(descriptor).LinkTarget is { } target && target.StartsWith("socket:", StringComparison.Ordinal))
                {
                    seen.Add(target);
                }
            }
        }

        Thread.Sleep(10);
    }
    while (clock.ElapsedMilliseconds < milliseconds);

    return seen.Count;
}
