namespace Gemma4.Download.Tests;

/// <summary>A request that the server saw.</summary>
internal sealed record HubRequest(string Path, int Port, string? Authorization, string? Range, string? IfRange)
{
    public bool IsFile => Path.Contains("/resolve/", StringComparison.Ordinal);

    public string File => Path[(Path.IndexOf("/resolve/", StringComparison.Ordinal) + "/resolve/".Length + 41)..];
}
