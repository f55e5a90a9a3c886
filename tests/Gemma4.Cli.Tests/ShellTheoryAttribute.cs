namespace Gemma4.Cli.Tests;

/// <summary>A theory that runs where a shell is.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ShellTheoryAttribute : TheoryAttribute
{
    public ShellTheoryAttribute(string shell)
    {
        if (!File.Exists(shell))
        {
            Skip = $"needs {shell}";
        }
    }
}
