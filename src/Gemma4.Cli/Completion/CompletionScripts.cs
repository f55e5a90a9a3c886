using System.Globalization;
using System.Text;
using Gemma4.Cli.Arguments;

namespace Gemma4.Cli.Completion;

/// <summary>
/// One script per shell, made from the commands themselves. A script knows which words may follow which: the first word, the
/// second word of a group, the options of a command. Everything else is left to the shell's completion of files.
/// </summary>
internal static class CompletionScripts
{
    public static string Bash(IReadOnlyList<CommandDefinition> commands)
    {
        var text = new StringBuilder("""
            _gemma4() {
                local current="${COMP_WORDS[COMP_CWORD]}" words=""
                COMPREPLY=()
                if [ "$COMP_CWORD" -eq 1 ]; then
            """);
        text.Append(CultureInfo.InvariantCulture, $"\n        words=\"{FirstWords(commands)}\"\n    else\n        case \"${{COMP_WORDS[1]}} ${{COMP_WORDS[2]}}\" in\n");
        AppendCases(text, commands, (pattern, words) => $"            {pattern}) words=\"{words}\" ;;\n");
        text.Append("""
                    esac
                fi
                COMPREPLY=($(compgen -W "$words" -- "$current"))
            }
            complete -o default -F _gemma4 gemma4

            """);
        return text.ToString();
    }

    public static string Zsh(IReadOnlyList<CommandDefinition> commands)
    {
        var text = new StringBuilder("#compdef gemma4\n_gemma4() {\n    local -a words_of\n    if (( CURRENT == 2 )); then\n");
        text.Append(CultureInfo.InvariantCulture, $"        words_of=({FirstWords(commands)})\n    else\n        case \"$words[2] $words[3]\" in\n");
        AppendCases(text, commands, (pattern, words) => $"            {pattern}) words_of=({words}) ;;\n");
        text.Append("        esac\n    fi\n    compadd -- $words_of\n    _files\n}\ncompdef _gemma4 gemma4\n");
        return text.ToString();
    }

    public static string PowerShell(IReadOnlyList<CommandDefinition> commands)
    {
        var text = new StringBuilder("Register-ArgumentCompleter -Native -CommandName gemma4 -ScriptBlock {\n");
        text.Append("    param($word, $tree, $position)\n    $typed = @($tree.CommandElements | ForEach-Object { $_.ToString() })\n");
        text.Append("    $count = if ($word -eq '') { $typed.Count } else { $typed.Count - 1 }\n");
        text.Append(CultureInfo.InvariantCulture, $"    $words = if ($count -le 1) {{ '{FirstWords(commands)}' }} else {{\n        switch -Wildcard (\"$($typed[1]) $($typed[2])\") {{\n");
        AppendCases(text, commands, (pattern, words) => $"            '{pattern.Replace("\"", "", StringComparison.Ordinal)}' {{ '{words}'; break }}\n");
        text.Append("            default { '' }\n        }\n    }\n");
        text.Append("    $words.Split(' ') | Where-Object { $_ -like \"$word*\" -and $_ -ne '' } | ForEach-Object { [System.Management.Automation.CompletionResult]::new($_) }\n}\n");
        return text.ToString();
    }

    private static string FirstWords(IReadOnlyList<CommandDefinition> commands) =>
        string.Join(' ', commands.Select(command => command.Name.Split(' ')[0]).Append("--help").Append("--version").Distinct());

    // Commands of two words first: the pattern of their group would catch them too.
    private static void AppendCases(StringBuilder text, IReadOnlyList<CommandDefinition> commands, Func<string, string, string> writeCase)
    {
        foreach (var command in commands.OrderByDescending(command => command.Name.Contains(' ', StringComparison.Ordinal)))
        {
            var isGrouped = command.Name.Contains(' ', StringComparison.Ordinal);
            text.Append(writeCase(isGrouped ? $"\"{command.Name}\"" : $"\"{command.Name} \"*", string.Join(' ', Words(command))));
        }

        foreach (var group in commands.Where(command => command.Name.Contains(' ', StringComparison.Ordinal)).GroupBy(command => command.Name.Split(' ')[0]))
        {
            text.Append(writeCase($"\"{group.Key} \"*", string.Join(' ', group.Select(command => command.Name.Split(' ')[1]).Append("--help"))));
        }
    }

    private static IEnumerable<string> Words(CommandDefinition command)
    {
        IEnumerable<string> named = command.Positionals.Contains('|', StringComparison.Ordinal) ? command.Positionals.Split('|') : [];
        return named.Concat(command.Options.Select(option => option.Name)).Append("--help");
    }
}
