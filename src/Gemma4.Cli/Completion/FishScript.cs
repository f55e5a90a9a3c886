using System.Globalization;
using System.Text;
using Gemma4.Cli.Arguments;

namespace Gemma4.Cli.Completion;

/// <summary>The completion script of fish, which shows a description beside each word.</summary>
internal static class FishScript
{
    public static string Write(IReadOnlyList<CommandDefinition> commands)
    {
        var first = CompletionScripts.FirstWords(commands);
        var text = new StringBuilder("""
            # Whether the line begins with these words, whether it is these words alone, and whether there are none.
            function __gemma4_in
                set -l words (commandline -opc)
                set -l last (math (count $argv) + 1)
                test (count $words) -ge $last; and test "$words[2..$last]" = "$argv"
            end
            function __gemma4_after
                set -l words (commandline -opc)
                test (count $words) -eq (math (count $argv) + 1); and test "$words[2..-1]" = "$argv"
            end
            function __gemma4_begins
                test (count (commandline -opc)) -eq 1
            end
            complete -c gemma4 -n __gemma4_begins -f -l help -d 'Shows the commands'
            complete -c gemma4 -n __gemma4_begins -f -l version -d 'Shows the version'

            """);
        text.Append(CultureInfo.InvariantCulture, $"complete -c gemma4 -n __gemma4_begins -f -a '{first}'\n");
        text.Append(CultureInfo.InvariantCulture, $"complete -c gemma4 -n '__gemma4_after help' -f -a '{first}'\n");
        foreach (var group in CompletionScripts.Groups(commands))
        {
            text.Append(CultureInfo.InvariantCulture, $"complete -c gemma4 -n '__gemma4_after help {group.Key}' -f -a '{string.Join(' ', group)}'\n");
        }

        foreach (var command in commands)
        {
            AppendCommand(text, command);
        }

        return text.ToString();
    }

    private static void AppendCommand(StringBuilder text, CommandDefinition command)
    {
        if (command.Name.Split(' ') is [var group, var name])
        {
            text.Append(CultureInfo.InvariantCulture, $"complete -c gemma4 -n '__gemma4_after {group}' -f -a {name} -d {Quoted(command.Summary)}\n");
        }

        if (CompletionScripts.NamedPositionals(command) is { Length: > 0 } words)
        {
            text.Append(CultureInfo.InvariantCulture, $"complete -c gemma4 -n '__gemma4_after {command.Name}' -f -a '{string.Join(' ', words)}'\n");
        }

        foreach (var option in command.Options.Append(new OptionDefinition("--help", null, "Shows the options")))
        {
            var value = option.ValueName is null ? ""
                : option.Values.Count > 0 ? $" -x -a '{string.Join(' ', option.Values)}'"
                : option.IsPath ? " -r"
                : " -x";
            text.Append(CultureInfo.InvariantCulture, $"complete -c gemma4 -n '__gemma4_in {command.Name}' -l {option.Name.TrimStart('-')}{value} -d {Quoted(option.Description)}\n");
        }
    }

    // The first sentence is enough beside a word.
    private static string Quoted(string description)
    {
        var sentence = description.Split('\n')[0].Split(". ")[0].Split(": ")[0].TrimEnd('.');
        return $"'{sentence.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal)}'";
    }
}
