namespace Gemma4.Cli.Doctor;

internal enum Severity
{
    Ok,

    /// <summary>The model runs here; something else may fail or be slow.</summary>
    Warning,

    /// <summary>The model cannot run, or not correctly.</summary>
    Problem,
}
