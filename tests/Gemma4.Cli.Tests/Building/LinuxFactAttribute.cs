namespace Gemma4.Cli.Tests.Building;

/// <summary>A test of what the program does as a process of its own, with the signals and limits of Linux.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class LinuxFactAttribute : FactAttribute
{
    public LinuxFactAttribute()
    {
        if (!OperatingSystem.IsLinux())
        {
            Skip = "needs the signals and file size limits of Linux";
        }
    }
}
