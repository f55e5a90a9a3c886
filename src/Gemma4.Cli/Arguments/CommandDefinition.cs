namespace Gemma4.Cli.Arguments;

/// <summary>One command with everything that parsing and help need to know. The name is the words that
/// select it, such as <c>inspect tokens</c>.</summary>
internal sealed record CommandDefinition(
    string Name,
    string Positionals,
    int MinPositionals,
    int MaxPositionals,
    string Summary,
    IReadOnlyList<OptionDefinition> Options,
    Func<ParsedArguments, CliStreams, CancellationToken, Task> RunAsync);
