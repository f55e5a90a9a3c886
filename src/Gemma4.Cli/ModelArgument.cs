using Gemma4.Cli.Arguments;
using Gemma4.Nano;

namespace Gemma4.Cli;

/// <summary>The option that says which model a command works with.</summary>
internal static class ModelArgument
{
    public static readonly OptionDefinition Option =
        new("--model", "DIR", "Model folder, as 'gemma4 build' makes it. Default: the built-in demo model gemma4-nano.");

    public static string Directory(ParsedArguments arguments) => arguments.Text(Option.Name) ?? NanoModel.Directory;
}
