namespace Gemma4.Cli.Tests;

/// <summary>A test of what the program does at a terminal, which 'script' gives it.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class TerminalFactAttribute : FactAttribute
{
    public TerminalFactAttribute()
    {
        if (!OperatingSystem.IsLinux() || !File.Exists(CliProcess.Script))
        {
            Skip = $"needs {CliProcess.Script} of Linux";
        }
    }
}
