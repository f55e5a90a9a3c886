namespace Gemma4.Cli.Arguments;

/// <summary>One command with everything that parsing and help need to know.</summary>
/// <param name="Name">Words that select it, such as <c>inspect tokens</c>.</param>
/// <param name="Positionals">Positional arguments as help shows them.</param>
/// <param name="MinPositionals">Fewest positional arguments.</param>
/// <param name="MaxPositionals">Most positional arguments.</param>
internal sealed record CommandDefinition(
    string Name,
    string Positionals,
    int MinPositionals,
    int MaxPositionals,
    string Summary,
    IReadOnlyList<OptionDefinition> Options,
    Func<ParsedArguments, CliStreams, CancellationToken, Task> RunAsync);
