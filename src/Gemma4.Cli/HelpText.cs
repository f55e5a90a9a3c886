using System.Globalization;
using System.Text;
using Gemma4.Cli.Arguments;

namespace Gemma4.Cli;

internal static class HelpText
{
    private const int Column = 26;

    public static string Overview(IReadOnlyList<CommandDefinition> commands)
    {
        var text = new StringBuilder("Gemma 4 in this process.\n\nUsage: gemma4 COMMAND [OPTIONS]\n\nCommands:\n");
        AppendCommands(text, commands);
        text.Append("\n'gemma4 COMMAND --help' shows a command's options, 'gemma4 --version' the version.\n");
        text.Append("Colors are left out when the output is no terminal or NO_COLOR is set. Ctrl+C ends an answer of 'chat', once more the program.\n");
        text.Append("Exit codes: 0 done, 1 failed, 2 wrong usage, 130 cancelled.\n");
        return text.ToString();
    }

    public static string Group(string name, IReadOnlyList<CommandDefinition> commands)
    {
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"Usage: gemma4 {name} COMMAND [OPTIONS]\n\nCommands:\n");
        AppendCommands(text, commands.Where(command => command.Name.StartsWith(name + " ", StringComparison.Ordinal)));
        return text.ToString();
    }

    public static string Of(CommandDefinition command)
    {
        var positionals = command.Positionals.Length == 0 ? "" : " " + command.Positionals;
        var text = new StringBuilder().Append(
            CultureInfo.InvariantCulture, $"{command.Summary}\n\nUsage: gemma4 {command.Name}{positionals} [OPTIONS]\n\nOptions:\n");
        foreach (var option in command.Options.Append(new OptionDefinition("--help", null, "Shows this text.")))
        {
            AppendRow(text, option.ValueName is null ? option.Name : $"{option.Name} {option.ValueName}", option.Description);
        }

        return text.ToString();
    }

    private static void AppendCommands(StringBuilder text, IEnumerable<CommandDefinition> commands)
    {
        foreach (var command in commands)
        {
            AppendRow(text, command.Name, command.Summary.Split('\n')[0]);
        }
    }

    private static void AppendRow(StringBuilder text, string left, string right) =>
        text.Append("  ").Append(left.PadRight(Column)).Append(' ').Append(right).Append('\n');
}
