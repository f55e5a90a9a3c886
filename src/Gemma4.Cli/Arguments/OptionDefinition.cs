namespace Gemma4.Cli.Arguments;

/// <summary>One option of a command. Without a value name it is a flag.</summary>
internal sealed record OptionDefinition(string Name, string? ValueName, string Description)
{
    /// <summary>All values that it takes, for completion; empty where there are too many to name.</summary>
    public IReadOnlyList<string> Values { get; init; } = [];

    /// <summary>Whether its value is a place on the disk, which the shell completes.</summary>
    public bool IsPath => ValueName is "DIR" or "FILE";
}
