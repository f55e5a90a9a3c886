namespace Gemma4.Cli.Doctor;

/// <summary>One line of the report: what was looked at, what was found, and what to do when it is not fine.</summary>
internal sealed record Finding(Severity Severity, string Topic, string Fact, string? Fix = null)
{
    public static Finding Ok(string topic, string fact) => new(Severity.Ok, topic, fact);

    public static Finding Warning(string topic, string fact, string fix) => new(Severity.Warning, topic, fact, fix);

    public static Finding Problem(string topic, string fact, string? fix = null) => new(Severity.Problem, topic, fact, fix);
}
