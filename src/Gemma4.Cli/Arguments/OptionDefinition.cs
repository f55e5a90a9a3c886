namespace Gemma4.Cli.Arguments;

/// <summary>One option of a command. Without a value name it is a flag.</summary>
internal sealed record OptionDefinition(string Name, string? ValueName, string Description);
